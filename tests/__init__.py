"""Tests: unit, integration with real servers, journeys of the whole path, benchmarks."""
