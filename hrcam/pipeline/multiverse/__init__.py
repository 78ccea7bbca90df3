"""Every defensible reading of the paper, on the same networks and images.

A *specification* is one choice on every axis of what the paper leaves open
(:mod:`hrcam.pipeline.multiverse.axes`). The list of them is written and hashed before a
map is scored; one pass over the test images of a trained network scores all of them.
"""
