"""The work behind each `scv` command: one module a command, imported only when it is typed."""
