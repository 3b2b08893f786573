"""Remembers what was listed and judged, and publishes it; the only package that imports the other two."""
