"""Bringing a deployment into being, and keeping its workers running.

`deployment` prepares topics, schemas, directory and database; `agencies` adds agencies to a development deployment;
`workers` runs the stages; `local/` is the local stack of real servers.
"""
