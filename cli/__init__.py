"""The command `ionics`: one file a group of commands. `main` is the entry; `output` prints tables, charts and JSON."""
