"""The file that `catalogue rules new` writes: a draft that passes the check and says at each line what goes there."""

from __future__ import annotations

import re
from difflib import get_close_matches

from catalogue.errors import CatalogueError
from classifier.verdict import SIGNALS, Category

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DRAFT = """\
id: {name}
title: replaces things                # completes "The tool ..."
{effect}
strength: weak                        # decisive | strong | weak
status: draft                         # stable rules take part in verdicts, drafts do not
about: >-
  What is found, and why it means this. This text becomes the rule's page.
when:                                 # all | any | not | at_least, over leaves
  all:
    - name_word: [replaceme]
    - not: {{name_word: [preview]}}
rationale: 'its name has the word "{{name_word}}"'
misses:
  - what this rule knowingly does not see
examples:                             # at least one near miss under no_match
  match: [{{name: replaceme_now, description: What a tool of this kind says.}}]
  no_match: [{{name: preview_replaceme}}]
references: []
"""


def template(name: str, asserts: str | None, signals: str | None) -> str:
    """The text of a new rule file. Raises CatalogueError when its id, category or signal cannot be one."""
    if not _ID.fullmatch(name):
        raise CatalogueError(f"{name!r} cannot be a rule's id", "lower case words joined by hyphens: deletes-records")
    if asserts is not None:
        known = [category.value for category in Category if category is not Category.UNCLASSIFIED]
        return _DRAFT.format(name=name, effect=f"asserts: {_one_of(known, asserts, 'category')}")
    return _DRAFT.format(name=name, effect=f"signals: {_one_of(list(SIGNALS), signals or '', 'signal')}")


def _one_of(known: list[str], value: str, kind: str) -> str:
    if value not in known:
        closest = get_close_matches(value, known) or known
        raise CatalogueError(f"no {kind} is called {value!r}", f"the closest: {', '.join(closest)}")
    return value
