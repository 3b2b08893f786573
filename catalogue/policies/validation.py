"""Every fault of a policy file at once: of its text, of its grammar, and of what it says. Runs no policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.policies.decoding import decode
from catalogue.policies.document import PolicyError
from catalogue.policies.parsing import parse
from catalogue.policies.place import Fault
from catalogue.policies.review import review


def validate(data: bytes, tools: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Fault, ...]:
    """All faults of a file, none if it can be used as it is.

    `tools` are the definitions of the server that it is for, by name; without them no name of a tool is a fault.
    """
    decoded = decode(data)
    if not decoded.readable:
        return decoded.faults
    return (*decoded.faults, *_grammar(decoded.value), *review(decoded.value, tools))


def _grammar(value: object) -> tuple[Fault, ...]:
    try:
        parse(value)
    except PolicyError as error:
        return error.faults
    return ()
