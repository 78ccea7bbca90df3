"""The scores there are, one file for each way of looking at a map."""
