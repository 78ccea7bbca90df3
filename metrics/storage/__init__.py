"""Keep scores in a folder, with the same bytes each time."""
