"""Studies: which runs answer a question, and their statistics."""
