"""Characters that draw nothing, draw elsewhere, or draw differently from system to system. Knows no page, no terminal.

A reader who cannot see them is being deceived, so whoever shows strangers' text escapes them, in a page as in a
terminal.
"""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed, soft hyphen, joiners, fillers, bidirectional controls, line and paragraph
# separators, variation selectors, private use, surrogates, tags.
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
# A presentation selector or joiner inside an emoji is part of one picture; anywhere else it hides something.
_EMOJI = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"

HIDDEN = f"[{_INVISIBLE}]|(?<![{_EMOJI}#*0-9])[\ufe0e\ufe0f]|\u200d(?![{_EMOJI}])|(?<![{_EMOJI}])\u200d"
"""A regular expression that matches one such character; it has no groups."""

SUSPECT = f"[{_INVISIBLE}\ufe0e\ufe0f\u200d]"
"""One class, seen a tenth as slowly: a text without a character of it has none that `HIDDEN` matches."""

_HIDDEN = re.compile(HIDDEN)
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U000([0-9a-f]{5})")


def hides(text: str) -> bool:
    """Tell whether a text has one such character."""
    return _HIDDEN.search(text) is not None


def reveal(text: str) -> str:
    r"""Return `text` with each such character as its escape: `\x1b`, `\u202e`."""
    return _HIDDEN.sub(escape, text)


def conceal(text: str) -> str:
    """Undo `reveal`: who was shown a name gives it back as it was shown."""
    return _ESCAPED.sub(lambda match: chr(int(match[match.lastindex or 0], 16)), text)


def escape(match: re.Match[str]) -> str:
    """Return the escape of a matched character."""
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
