"""Specification of `schemas`."""
