"""A digest of everything but the data that decides what a page looks like. Knows no page and no data.

A part of the site is rendered anew when its data or this digest differ from the last build's.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from operator import attrgetter
from typing import Any

_PACKAGES = (
    "catalogue",
    "catalogue.attacks",
    "catalogue.attacks.patterns",
    "catalogue.policies",
    "catalogue.policies.guards",
    "catalogue.policies.targets",
    "catalogue.site",
    "catalogue.site.building",
    "catalogue.site.files",
    "catalogue.site.gathered",
    "catalogue.site.machine",
    "catalogue.site.pages",
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


class Outlined(ABC):
    """Something large that is told from others by less than all of it."""

    __slots__ = ()

    @abstractmethod
    def outline(self) -> bytes:
        """Return what is the same for what is equal, and for nothing else."""


def outlined(value: Any) -> bytes:
    """Return what tells a value from others as `pickled` does, without looking into what is `Outlined` in it."""
    stream = BytesIO()
    pickler = _Outliner(stream, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(value)
    return stream.getvalue()


class _Outliner(pickle.Pickler):
    """Writes what is never read back."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Outlined):
            return bytes, (value.outline(),)
        if is_dataclass(value) and not isinstance(value, type):
            return type(value), _fields(type(value))(value)
        return NotImplemented


@cache
def _fields(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the fields of a dataclass: ten times as fast as its own way to be pickled."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)


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
