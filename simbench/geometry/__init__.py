"""Shapes on the pixel grid: ellipses, soft regions, displacements, lattices, bones."""
