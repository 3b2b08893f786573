"""Judges tool definitions by readable rules. Pure: no network, no database, no clock."""
