"""Draw a report's figures as SVG, one small file each."""
