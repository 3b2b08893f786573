"""What a process asked for when it refused to start: settings by name, with the values that it says it accepts.

Knows no value that we make up: it reads the words, and says what they ask for as a record would declare it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from crawler.introspector.last_words import lines_of, refuses
from crawler.records import Need

_MOST_NAMED = 12
_LONGEST_LIST = 20
_ABOVE, _BELOW = 8, 3
"""Lines around a message that may name the setting which it is about, in a validator's report."""

_TELLING = 4
"""Characters of a value that does not stand in a line by chance."""

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}\b|(?<=KeyError: ['\"])[A-Z][A-Z0-9]{1,30}\b")
_NO_SETTING = re.compile(r"^(?:ERR|MODULE|E[A-Z]+)_|_(?:ERROR|EXCEPTION|NOT_FOUND)$")
_OPTION = re.compile(r"(?<![\w-])--[a-z][A-Za-z0-9-]{1,40}")
_DESCRIBES = re.compile(r"-{1,2}[A-Za-z]|(?:usage|example|options?|e\.g\.)\b", re.IGNORECASE)
"""How lines of a usage text begin: they name what may be given, not what is missing."""

_OPTIONAL = re.compile(r"\boptional|\bexamples?\b", re.IGNORECASE)
_PATH = re.compile(r"""["']?path["']?: ?\[""")
_REQUIRED = re.compile(r"required|missing|undefined|must be|invalid_type|should be", re.IGNORECASE)
_REJECTS = re.compile(
    r"(?<![\w.])invalid|not (?:an? )?(?:valid|known|supported|allowed)|\bmust\b|unknown|unrecogni[sz]ed|unsupported"
    r"|expected|rejected|malformed|not one of|should be|(?:cannot|could not|failed to) (?:parse|read|decode|find|open)"
    r"|not found|does not exist|no such",
    re.IGNORECASE,
)
_WORD = r"""["'`]?[A-Za-z0-9][\w.-]{0,40}["'`]?"""
_ACCEPTED = re.compile(
    rf"""(?:one\ of|valid(?:\ (?:values|options|choices|ones))?(?:\ are|\ is)?|allowed(?:\ (?:values|choices|options))?
    (?:\ are)?|choose\ from|choices(?:\ are)?|accepted(?:\ values)?|supported(?:\ values)?|possible\ values|must\ be
    |should\ be|expected|either|enum)\s*[:(=]*\s*[\[({{]?\s*
    (?P<list>{_WORD}(?:\s*(?:,\s*or\b|,|\||\bor\b|/)\s*{_WORD}){{1,{_LONGEST_LIST}}})""",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(r"\s*(?:,\s*or\b|,|\||\bor\b|/)\s*")
_FORMATS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("url", re.compile(r"(?:valid|invalid|be an?|absolute) (?:https? )?ur[li]\b", re.IGNORECASE)),
    ("email", re.compile(r"(?:valid|invalid) e-?mail", re.IGNORECASE)),
    ("uuid", re.compile(r"\b(?:uuid|guid)\b", re.IGNORECASE)),
    ("json", re.compile(r"(?:valid|invalid) json\b|JSONDecodeError|Unexpected token", re.IGNORECASE)),
    ("boolean", re.compile(r"\bboolean\b|\btrue or false\b", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"(?:be|valid|expected|invalid) (?:an? )?(?:positive |valid )?(?:number|integer|port)\b", re.IGNORECASE
        ),
    ),
)
_ARGPARSE = re.compile(r"the following arguments are required: (?P<names>[^\n]{1,300})")
_ARGUMENT = re.compile(r"[\w-]{1,60}", re.ASCII)
_LISTED = re.compile(r"Missing required arguments?: (?P<names>[\w ,-]{1,200})", re.ASCII)
_LACKED = re.compile(
    r"""(?:required\ option|Missing\ option)\ ["'`](?:-\w,\ |-\w\ /\ )?(?P<option>--[\w-]{1,60})
    |(?:missing\ required\ argument|Missing\ argument)\ ["'`](?P<positional>[\w-]{1,60})""",
    re.VERBOSE,
)
_BRACED = re.compile(r"\{(?P<list>[\w.-]{1,40}(?:,[\w.-]{1,40}){1,20})\}")


def asked_for(text: str, tried: Mapping[str, str]) -> tuple[Need, ...]:
    """Return what a refusal names as missing, or as having another value than it accepts, as needs; `tried` by name."""
    lines = lines_of(text)
    found: dict[str, Need] = {}
    for need in (*_missing(lines), *_corrected(lines, tried), *_arguments(lines)):
        known = found.get(need.name or need.description)
        if known is None or (need.choices and not known.choices):
            found[need.name or need.description] = need
    return tuple(found.values())[:_MOST_NAMED]


def rejected(text: str, tried: Mapping[str, str]) -> frozenset[str]:
    """Return the settings whose values the process did not take."""
    lines = filter(_REJECTS.search, lines_of(text))
    return frozenset(name for line in lines for name in _meant(line, tried))


def _missing(lines: Sequence[str]) -> Iterator[Need]:
    """Yield the variables in lines that refuse, and in lists below such a line; not those of a usage text."""
    asking = False
    for place, line in enumerate(lines):
        names = [name for name in _VARIABLE.findall(line) if not _NO_SETTING.search(name)]
        if _DESCRIBES.match(line) or _OPTIONAL.search(line):
            asking = asking and bool(names)
            continue
        refusing = refuses(line)
        if not names:
            asking = refusing or (asking and not line)
        elif refusing or asking or _is_wrong(lines, place):
            yield from (_need(name, line) for name in names)
    yield from _validated(lines)


def _is_wrong(lines: Sequence[str], place: int) -> bool:
    """Tell whether a validator names a setting here: as a path, or with what is wrong in the lines below it."""
    if any(_PATH.search(line) for line in lines[max(0, place - 1) : place + 1]):
        return True
    for line in lines[place + 1 : place + 1 + _BELOW]:
        if _REQUIRED.search(line) or _VARIABLE.search(line):
            return bool(_REQUIRED.search(line))
    return False


def _validated(lines: Sequence[str]) -> Iterator[Need]:
    """Yield the fields that pydantic misses: settings classes read them from variables of the same name."""
    for above, line in pairwise(lines):
        if line.startswith("Field required") and re.fullmatch(r"[A-Za-z]\w{1,60}", above):
            yield _need(above.upper(), line)


def _corrected(lines: Sequence[str], tried: Mapping[str, str]) -> Iterator[Need]:
    """Yield the settings that were given a value of the wrong kind, with what is said of the right one."""
    for place, line in enumerate(lines):
        accepted = _choices(line)
        shape = next((name for name, pattern in _FORMATS if pattern.search(line)), "string")
        if not accepted and (shape == "string" or not _REJECTS.search(line)):
            continue
        around = (*reversed(lines[max(0, place - _ABOVE) : place]), *lines[place + 1 : place + 1 + _BELOW])
        named = (name for near in around for name in tried if _stands_in(name, near))
        for name in _meant(line, tried) or [*named][:1]:
            yield replace(_need(name, line), choices=accepted, format=shape)


def _meant(line: str, tried: Mapping[str, str]) -> list[str]:
    """Return the settings that a line about a wrong value is about: named, or quoted, or at least its last word."""
    quoted = [name for name, value in tried.items() if len(value) >= _TELLING and _stands_in(value, line)]
    alike = [name for name in tried if _stands_in(re.split(r"[_-]", name)[-1], line)]
    return [name for name in tried if _stands_in(name, line)] or quoted or alike


def _arguments(lines: Sequence[str]) -> Iterator[Need]:
    """Yield the command-line arguments that the usual parsers of Python and Node miss."""
    text = "\n".join(lines)
    choices = tuple(found["list"].split(",")) if (found := _BRACED.search(text)) else ()
    if found := _ARGPARSE.search(text):
        for name in found["names"].split(", "):
            option = name.strip().rpartition("/")[2]
            if _ARGUMENT.fullmatch(option):
                yield _argument(option, choices if not option.startswith("-") else ())
    if found := _LISTED.search(text):
        names = (name.strip() for name in found["names"].split(","))
        yield from (_argument(f"--{name}", ()) for name in names if _ARGUMENT.fullmatch(name))
    for match in _LACKED.finditer(text):
        yield _argument(match["option"] or match["positional"], ())
    for line in lines:
        if refuses(line) and not _VARIABLE.search(line) and not _DESCRIBES.match(line):
            yield from (_argument(option, ()) for option in _OPTION.findall(line)[:1])


def _choices(line: str) -> tuple[str, ...]:
    found = _ACCEPTED.search(line)
    words = _BETWEEN.split(found["list"]) if found else []
    quoted = [word for word in words if word[0] in "\"'`"]  # where some are, the rest is no part of the list
    return tuple(dict.fromkeys(word.strip("\"'`").rstrip(".") for word in quoted or words))


def _need(name: str, line: str) -> Need:
    kind = "argument" if name.startswith("-") else "env"
    shape = next((shape for shape, pattern in _FORMATS if pattern.search(line)), "string")
    return Need(kind, name, line, required=True, choices=_choices(line), format=shape)  # type: ignore[arg-type]


def _argument(name: str, choices: tuple[str, ...]) -> Need:
    if name.startswith("-"):
        return Need("argument", name, required=True, choices=choices)
    return Need("argument", "", name, required=True, choices=choices)


def _stands_in(word: str, line: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line, re.IGNORECASE) is not None
