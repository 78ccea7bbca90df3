"""Beyond one run: several trainings compared together, and the next study planned."""
