"""Studies over many trainings: the paper's claims, and frozen suites.

What is compared on which recipes, seeds and networks is stated in files and hashed
before anything runs; see :mod:`hrcam.pipeline.studies.grid`.
"""
