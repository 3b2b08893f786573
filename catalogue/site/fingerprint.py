"""A digest of everything but the data that decides what a page looks like. Knows no page and no data.

A part of the site is rendered anew when its data or this digest differ from the last build's.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any

_PACKAGES = (
    "catalogue",
    "catalogue.attacks",
    "catalogue.attacks.patterns",
    "catalogue.policies",
    "catalogue.policies.guards",
    "catalogue.site",
    "classifier",
    "crawler",
    "site_templates",
)
_LIBRARIES = ("google-re2", "jinja2", "markupsafe", "pillow")


def fingerprint(*parts: object) -> bytes:
    """Return 128 bits that tell these from any others: bytes as they are, all else as Python writes it."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "backslashreplace")
        digest.update(b"%d:" % len(content) + content)
    return digest.digest()


def pickled(value: Any) -> bytes:
    """Return a value pickled so that equal values give equal bytes: which of its strings are one object is no matter.

    It must not hold itself.
    """
    stream = BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # no references back, which would tell one object from two equal ones
    pickler.dump(value)
    return stream.getvalue()


def of_program() -> bytes:
    """Return the digest of our code and templates, and of the versions of what they run on."""
    digest = hashlib.sha256(repr((sys.version, [version(name) for name in _LIBRARIES])).encode())
    for package in _PACKAGES:
        for file in _sources(files(package)):
            content = file.read_bytes()
            digest.update(f"{package} {file.name} {len(content)}\n".encode() + content)
    return digest.digest()


def _sources(folder: Traversable) -> Iterator[Traversable]:
    found = (file for file in folder.iterdir() if file.is_file() and not file.name.endswith(".pyc"))
    return iter(sorted(found, key=lambda file: file.name))
