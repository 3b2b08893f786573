"""Reads the attack patterns from their files, and says all that is wrong with them at once. Runs no policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

import yaml

from catalogue.attacks.pattern import Call, Check, Incident, Need, Pattern, Stops, patterns_of
from catalogue.errors import CatalogueError
from catalogue.policies.document import Policy, PolicyError
from catalogue.policies.evaluate import Outcome
from catalogue.policies.parsing import parse
from catalogue.policies.place import Fault, Place
from catalogue.policies.recommend import Posture
from classifier.rule import read_yaml
from classifier.verdict import SIGNALS, Category

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_DATE = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?")
_POSTURES = ("recommended", "strict", "permissive")
_REQUIRED = ("id", "name", "summary", "happens", "works", "incidents", "needs", "stops", "policy")
_OPTIONAL = ("flow", "beyond", "check", "references")


class AttackError(CatalogueError):
    """Attack patterns that cannot be used: `problems` has a line for each fault, with its file."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@cache
def packaged_patterns() -> tuple[Pattern, ...]:
    """Return the patterns that travel with the program, by id."""
    return read_patterns(files("catalogue.attacks") / "patterns")


@lru_cache(maxsize=4096)  # tools have few different sets of signals
def patterns_for(category: Category, signals: frozenset[str]) -> tuple[Pattern, ...]:
    """Return the packaged patterns whose signals a tool has."""
    return patterns_of(packaged_patterns(), category, signals)


def read_patterns(folder: Traversable) -> tuple[Pattern, ...]:
    """Return the patterns of a folder, by id. Raises `AttackError` with every fault of every file."""
    patterns: list[Pattern] = []
    problems: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            pattern, faults = _read(file.read_text("utf-8"), file.name.removesuffix(".yaml"))
            problems += (f"{file.name} at {json.dumps(fault.pointer)}: {fault.message}" for fault in faults)
            patterns += [pattern] if pattern else []
    if problems:
        raise AttackError(problems)
    return tuple(patterns)


def _read(text: str, name: str) -> tuple[Pattern | None, list[Fault]]:
    faults: list[Fault] = []
    try:
        data = json.loads(json.dumps(read_yaml(text), default=str))  # YAML reads dates, and JSON has none
    except yaml.YAMLError as error:
        return None, [Fault("", " ".join(str(error).split()))]
    return _pattern(Place(data, "", faults), name), faults


def _pattern(place: Place, name: str) -> Pattern:
    fields = place.fields(_REQUIRED, _OPTIONAL)
    _check_id(fields.get("id"), name)
    stops = fields["stops"].choice(list(Stops)) if "stops" in fields else None
    made = Pattern(
        id=name,
        name=_text(fields.get("name")),
        summary=_text(fields.get("summary")),
        happens=_text(fields.get("happens")),
        works=_texts(fields.get("works")),
        incidents=tuple(_incident(item) for item in _items(fields.get("incidents"))),
        needs=tuple(_need(item) for item in _items(fields.get("needs"))),
        flow="flow" in fields and fields["flow"].value is True,
        stops=Stops(stops) if stops else Stops.NO,
        policy=_text(fields.get("policy")),
        beyond=_texts(fields.get("beyond")),
        check=_check(fields["check"]) if "check" in fields else None,
        references=tuple(_references(fields.get("references"))),
    )
    if stops:
        _require_consistency(place, made)
    return made


def _check_id(place: Place | None, name: str) -> None:
    if place and (place.value != name or not _ID.fullmatch(place.text())):
        place.fault(f"the id is the file's name, in lower case words joined by hyphens, which would be {name}")


def _require_consistency(place: Place, pattern: Pattern) -> None:
    """What a pattern says of a policy must be checked, and what a policy does not stop needs something else."""
    if pattern.stops is not Stops.NO and pattern.check is None:
        place.fault("a policy that stops it needs a check that it does")
    if pattern.stops is Stops.NO and pattern.check is not None:
        place.fault("no policy stops it, so there is nothing to check")
    if pattern.stops is not Stops.YES and not pattern.beyond:
        place.fault("a policy leaves something open here, and beyond has to say what helps")
    if not pattern.incidents and not pattern.references:
        place.fault("it needs an incident or a reference")


def _incident(place: Place) -> Incident:
    fields = place.fields(["date", "what", "references"], [])
    date = fields["date"].text() if "date" in fields else ""
    if "date" in fields and not _DATE.fullmatch(date):
        fields["date"].fault("expected a date such as 2025-09 or 2025-09-25")
    references = tuple(_references(fields.get("references")))
    if not references:
        place.fault("an incident needs a reference")
    return Incident(date, _text(fields.get("what")), references)


def _references(place: Place | None) -> Iterator[str]:
    for item in _items(place):
        address = item.text()
        if not address.startswith("https://") or not address.isascii() or not address.isprintable():
            item.fault("expected an address that begins with https://")
        yield address


def _need(place: Place) -> Need:
    fields = place.fields(["signals"], ["categories"])
    signals = [item.choice(list(SIGNALS)) for item in _items(fields.get("signals"))]
    categories = [item.choice(list(Category)) for item in _items(fields.get("categories"))]
    if not signals:
        place.fault("expected a signal at least: no attack is a matter of the category alone")
    return Need(frozenset(filter(None, signals)), frozenset(Category(one) for one in categories if one))


def _check(place: Place) -> Check:
    fields = place.fields(["tools", "policy", "calls"], [])
    return Check(
        tools=tuple(_tool(item) for item in _items(fields.get("tools"))),
        policy=_policy(fields["policy"]) if "policy" in fields else "recommended",
        calls=tuple(_call(item) for item in _items(fields.get("calls"))),
    )


def _tool(place: Place) -> Mapping[str, Any]:
    if isinstance(place.value, dict) and isinstance(place.value.get("name"), str):
        return place.value
    place.fault("expected a definition with a name")
    return {"name": ""}


def _policy(place: Place) -> Policy | Posture:
    if isinstance(place.value, str):
        return cast("Posture", place.choice(_POSTURES) or "recommended")
    try:
        return parse(place.value)
    except PolicyError as error:
        for fault in error.faults:
            place.faults.append(Fault(place.pointer + fault.pointer, fault.message))
        return "recommended"


def _call(place: Place) -> Call:
    fields = place.fields(["tool", "outcome"], ["arguments", "times"])
    outcome = fields["outcome"].choice(list(Outcome)) if "outcome" in fields else None
    arguments = fields["arguments"].value if "arguments" in fields else {}
    if not isinstance(arguments, dict):
        fields["arguments"].fault("expected an object")
        arguments = {}
    times = fields["times"].number() if "times" in fields else 1
    return Call(_text(fields.get("tool")), arguments, int(times), Outcome(outcome) if outcome else Outcome.ALLOWED)


def _items(place: Place | None) -> list[Place]:
    return place.items() if place else []


def _text(place: Place | None) -> str:
    text = " ".join(place.text().split()) if place else ""
    if place and not text:
        place.fault("expected some words")
    return text


def _texts(place: Place | None) -> tuple[str, ...]:
    return tuple(_text(item) for item in _items(place))
