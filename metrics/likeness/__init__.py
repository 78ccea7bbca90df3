"""Compare maps with one another, and see what becomes of a response without pixels."""
