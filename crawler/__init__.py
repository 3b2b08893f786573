"""Finds MCP servers in registries and lists their tools. Knows no database and no rule."""
