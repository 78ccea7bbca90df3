"""Where maps and masks come from, and what is checked at the door."""
