"""Threads of requests for information: fold, sight, what is due."""
