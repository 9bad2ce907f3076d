"""The record: a row for every run that a study asked for, what its answers are, and where they belong."""
