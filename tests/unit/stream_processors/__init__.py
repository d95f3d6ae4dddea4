"""Specification of the runtime, of admission and of enrichment."""
