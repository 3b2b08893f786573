"""Guards for file paths: nothing above where a call starts, and what changes files stays below a folder."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.policies.complement import unless_prefix
from catalogue.policies.document import Denial
from catalogue.policies.guards.guard import Guard, Subject, gap, pattern_denial
from catalogue.policies.place import shown
from catalogue.policies.placeholders import Blank, unfilled_denial

TRAVERSAL = r"(?i)(?:^|[/\\]|%2f|%5c)(?:\.|%2e){2}(?:[/\\]|%2f|%5c|$)"
"""A step `..` between separators of either kind, percent-encoded or not; `a..b` and `...` are names."""

_ABSOLUTE = r"^(?:[/\\~]|[A-Za-z]:)|^[A-Za-z][A-Za-z0-9+.-]*://"
"""What is no relative path: a root, a drive, somebody's home, a URL."""
_SEPARATORS = r"/\\"


def file_guards(subject: Subject) -> Iterator[Guard]:
    """Guards for the arguments that name files."""
    for argument in subject.pointed_at("filesystem"):
        name, path = shown(argument.parameter.path), subject.text_at(argument)
        if path:
            denial = pattern_denial(path, TRAVERSAL, "Paths must not contain the step .. upwards.")
            yield Guard(
                f"{name} takes a file path: steps upwards (..) are denied, so that a call stays below where it starts.",
                deny_if=(denial,),
            )
        elif not argument.parameter.enum:
            yield gap(argument)
        if path and subject.full and not subject.reads:
            yield Guard(
                f"{name} says which file is changed, so it must stay below a folder.", deny_if=(_root(subject, path),)
            )


def _root(subject: Subject, path: str) -> Denial:
    roots = subject.filling.root
    if not roots:
        return unfilled_denial(Blank.ROOT, path)
    folders = [root.rstrip(r"\/") for root in roots if root != "."]
    patterns = [unless_prefix(folders, _SEPARATORS)] if folders else []
    patterns += [_ABSOLUTE] if "." in roots else []
    text = f"Paths must stay below {' or '.join(roots)}."
    return Denial(tuple(pattern_denial(path, pattern, "").conditions[0] for pattern in patterns), text)
