"""The forms of text that a configuration file can have."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """How a file is written. `TEXT` is anything else: it is written whole, and nothing is merged into it."""

    JSON = "json"  # comments and trailing commas are kept where they stand, and never added
    TOML = "toml"
    YAML = "yaml"
    TEXT = "text"
