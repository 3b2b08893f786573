"""The words by which tools and servers are found. `site_templates/search.js` splits a query in the same way.

A name's words are the classifier's. Scripts that write no spaces are found by every two neighbouring letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from classifier.text import fold, split_identifier

LONGEST_WORD = 24
"""Letters of a word by which it is found: enough to tell all but generated ones apart."""

_READ = 1_000
"""Characters of a text that are read: 98 of 100 real descriptions end before."""

_DENSE = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


def found_by(name: str, titles: Iterable[object], description: object) -> list[str]:
    """Return the words of a name, of titles and of a description, each word only where it counts most.

    Each of the three is one string. What is no text has no words.
    """
    known: set[str] = set()
    fields = []
    for texts in ((name,), titles, (description,)):
        own = dict.fromkeys(
            word for text in texts if isinstance(text, str) for word in words(text) if word not in known
        )
        known.update(own)
        fields.append(" ".join(own))
    return fields


def words(text: str) -> dict[str, None]:
    """Return each word of a name or of running text once, in order."""
    text = text[:_READ]
    if text.isascii():
        return dict.fromkeys([token.word[:LONGEST_WORD] for token in split_identifier(text)])
    return dict.fromkeys(word for run in text.split() for word in _of_run(run))


def _of_run(run: str) -> Iterator[str]:
    for token in split_identifier(run):
        folded = fold(token.word)
        for dense in _DENSE.findall(folded):
            yield from (dense[at : at + 2] for at in range(max(1, len(dense) - 1)))
        for plain in _DENSE.split(folded):
            if plain:
                yield plain[:LONGEST_WORD]
