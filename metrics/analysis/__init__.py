"""From scores to every number that a report prints."""
