"""sslslr."""
