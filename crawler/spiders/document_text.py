"""Reads a document in the language that its file's name tells: TOML, YAML, or else JSON. Knows no shape."""

from __future__ import annotations

from typing import Any

from crawler.records import SourceError
from crawler.spiders.json_text import read_json
from crawler.spiders.toml_text import read_toml
from crawler.spiders.yaml_text import read_yaml

_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what `>` of older PowerShells writes


def read_text(content: bytes, suffix: str, what: str) -> Any:
    """The decoded text of a file with that suffix (".toml"). Raises `SourceError`, which names `what` it was."""
    if suffix.lower() == ".toml":
        return read_toml(content, what)
    if suffix.lower() in {".yaml", ".yml"}:
        return read_yaml(content, what)
    try:
        return read_json(content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig"), what)
    except UnicodeDecodeError as error:
        raise SourceError(f"{what} is not JSON: it is not UTF-8") from error
