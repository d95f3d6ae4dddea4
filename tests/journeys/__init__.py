"""The whole path with real processes, and parts of it killed in the middle."""
