"""The root of the catalogue's own errors. The command line prints them as one line, with the tip below."""

from __future__ import annotations


class CatalogueError(Exception):
    """One sentence that names the thing and says what was expected; `tip` says what to do about it."""

    def __init__(self, message: str, tip: str = "") -> None:
        """`message` and `tip` are single lines for a person to read."""
        super().__init__(message)
        self.tip = tip
