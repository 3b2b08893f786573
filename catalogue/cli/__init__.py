"""The `catalogue` command: one module a stage."""
