"""Scores of all images at once: pixels pooled, lesions pooled (FROC)."""
