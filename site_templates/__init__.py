"""Jinja2 templates and assets of the site; no logic."""
