"""Frozen suites: recipes with hashes, on which a method's author scores a method."""
