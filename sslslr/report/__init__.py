"""What readers see: figures, tables, the skeleton player and the report."""
