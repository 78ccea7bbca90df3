"""Make images whose lesions are known."""
