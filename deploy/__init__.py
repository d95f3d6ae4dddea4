"""Bringing a deployment into being, and keeping its workers running.

`deployment` prepares topics, schemas, directory and database; `agencies` adds agencies to a development deployment;
`stages` is the catalogue of the stages, `workers` runs them; `local/` is the local stack of real servers.
"""
