"""Look into any torch module: a record of one run, and what runs through it again."""
