"""Dissemination without servers."""
