"""Look at maps beside masks before they are scored, and say what looks wrong.

A sample of images with a lesion is enough. Nothing here changes a number: a *doubt* is
a sentence for whoever reads the scores. Places are compared through ranks (what the
AUROC is made of), and what the other images' maps would score on an image is taken off
first: only what a map says of its own image counts, and a prior raises no doubt.
"""
