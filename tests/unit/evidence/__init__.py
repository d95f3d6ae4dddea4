"""Tests of evidence, replay and reconciliation."""
