"""The HTTP API without servers."""
