"""Rules for the arguments of a tool, one module for each kind of danger. `table` applies them all."""
