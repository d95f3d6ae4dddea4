"""Tests of `stream_processors.alert`."""
