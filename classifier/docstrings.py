"""Reads the arguments that a description lists ("Args: path (str): where to save") as parameters.

Where a server publishes no schema this is all that is told of them, and where its schema has names alone the rest.
Knows no word that means anything but the headings of such lists.
"""

from __future__ import annotations

import re
from itertools import islice

from classifier.schema import Parameter

_MOST = 64
"""Arguments read of one description."""

_MARKS = ("Arg", "Param", "PARAM", "Input", ":param ", "参数", "參數", "引数", "매개변수")
"""What a heading begins with: nine descriptions of ten have none, which is quicker to tell."""
_HEADING = re.compile(
    r"(?:^|(?<=\s))[#*]*(?:Args|Arguments|Parameters|PARAMETERS|Params|Inputs?|参数|參數|引数|매개변수)[^:：\n]{0,32}[:：]"
    r"|(?=:param )"
)
_END = re.compile(
    r"(?:^|(?<=\s))[#*]*(?:Returns?|Raises|Yields|Examples?|Usage|Notes?|Outputs?|Response|返回|戻り値|注意)[*]*\s*[:：]"
    r"|:(?:returns?|rtype|raises)\b"
)
_ARGUMENT = re.compile(
    r"(?:^|(?<=[\s`*•-])|(?<=:param ))([A-Za-z_]\w{0,63})[`*]*(?:[ \t]{0,2}\(([^()\n]{1,80})\))?[`*]*"
    r"(?:[ \t]{1,2}\*{0,2}(?:required|optional)\*{0,2})?[ \t]?[:：](?=[\s*])"
)
"""A name, behind it perhaps its type in brackets, and a colon."""
_TYPES = {
    "str": "string",
    "string": "string",
    "path": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "dict": "object",
    "object": "object",
}
_WORD = re.compile(r"[A-Za-z]+")


def documented(description: str) -> tuple[Parameter, ...]:
    """Return the arguments that a description lists, each with its places in it."""
    heading = _HEADING.search(description) if any(mark in description for mark in _MARKS) else None
    if not heading:
        return ()
    end = _END.search(description, heading.end())
    last = end.start() if end else len(description)
    found = list(islice(_ARGUMENT.finditer(description, heading.end(), last), _MOST))
    ends = [*[match.start() for match in found], last][1:]
    return tuple([_parameter(description, match, stop) for match, stop in zip(found, ends, strict=True)])


def _parameter(text: str, match: re.Match[str], stop: int) -> Parameter:
    name = match[1]
    types = [_TYPES[word] for word in _WORD.findall((match[2] or "").lower()) if word in _TYPES]
    return Parameter(
        name=name,
        path=name,
        pointer="/description",
        types=tuple(dict.fromkeys(types)),
        format="",
        description=text[match.end() : stop],
        enum=(),
        enum_pointer="",
        required=False,
        depth=0,
        description_pointer="/description",
        start=match.start(1),
        description_start=match.end(),
    )
