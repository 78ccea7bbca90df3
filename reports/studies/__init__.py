"""Reports of studies over many trainings: the paper's claims, and frozen suites."""
