"""Attack patterns: how servers and agents are attacked, what shows it, and which policy stops it. Knows no database.

One pattern is one YAML file in `patterns/`, and the only file to touch. `pattern` has the types, `read` takes the
files, `proof` runs the policy that a pattern says stops it.
"""
