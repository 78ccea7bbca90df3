"""Count pixels: at every threshold, and in the order of their values."""
