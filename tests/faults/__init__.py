"""Faults made to happen to real parts, and what is left afterwards."""
