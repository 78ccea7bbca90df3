"""Estimates, intervals, tests and corrections, on arrays alone."""
