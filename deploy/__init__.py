"""Bringing a deployment into being: topics, schemas, directory, database (`deployment`), agencies of a development
deployment (`agencies`), and the local stack of real servers (`local/`).
"""
