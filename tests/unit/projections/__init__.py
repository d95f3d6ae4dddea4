"""Tests of the read side without a database."""
