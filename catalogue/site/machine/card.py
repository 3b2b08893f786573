"""The picture of a server that shows where its page is linked: PNG of 1200 by 630 pixels, in four colours. Pure.

Every server has one, so its making is cheap: letters are drawn once and then copied, and the file is written here with
the palette that it needs, which takes a third of the time of Pillow's own writer. The font is the one that Pillow
brings, so that the picture is the same on every machine; a letter that it lacks is an empty box.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import cycle

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 1200, 630
"""What the Open Graph protocol's readers crop to: 1.91 to 1."""

_MARGIN = 4
"""Pixels left of the picture, which are none: one byte of zeros, the filter that a row of a PNG begins with."""

_LEFT = 70 + _MARGIN
_RIGHT = _MARGIN + _WIDTH - 70
_LINE = _RIGHT - _LEFT
_BACKGROUND, _SOFT, _INK, _ACCENT = range(4)
_PALETTE = bytes.fromhex("ffffff 6b7280 111827")
_ACCENTS = {"": "57606a", "A": "1a7f37", "B": "4d6b1f", "C": "8a5a00", "D": "b02a12", "E": "86198f"}


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a card: safe lines. `grade` is a letter, or "" for none."""

    name: str
    summary: str
    grade: str
    shares: Sequence[float]  # how the tools divide, in per cent


def draw(card: Card) -> bytes:
    """Return the picture."""
    picture = _frame().copy()
    top = 150
    for line in _wrapped(card.name, 68, 2):
        _write(picture, line, _LEFT, top, 68)
        top += 84
    for line in _wrapped(card.summary, 34, 2):
        _write(picture, line, _LEFT, top + 20, 34)
        top += 46
    _bar(picture, card.shares)
    if card.grade:
        picture.paste(_ACCENT, (_RIGHT - 96, 44, _RIGHT, 52))
        _write(picture, f"grade {card.grade}", _RIGHT - _width(f"grade {card.grade}", 40), 62, 40)
    return _png(picture, _PALETTE + bytes.fromhex(_ACCENTS[card.grade]))


@cache
def _frame() -> Image.Image:
    """What all cards have in common."""
    picture = Image.new("P", (_MARGIN + _WIDTH, _HEIGHT), _BACKGROUND)
    picture.paste(_ACCENT, (_MARGIN, 0, _MARGIN + _WIDTH, 14))
    _write(picture, "MCP Risk Catalogue", _LEFT, 62, 40)
    return picture


def _bar(picture: Image.Image, shares: Sequence[float]) -> None:
    """Draw how the tools divide, the most severe first."""
    left = float(_LEFT)
    for percent, shade in zip(shares, cycle((_ACCENT, _SOFT, _INK))):
        right = left + _LINE * percent / 100
        picture.paste(shade, (round(left), 540, max(round(right) - 4, round(left) + 2), 572))
        left = right


def _wrapped(text: str, size: int, most: int) -> Iterator[str]:
    """Cut a text into at most that many lines by its width, and mark where more is left out."""
    for number in range(most):
        end = _fits(text, size)
        if end < len(text) and number == most - 1:
            yield text[: max(0, end - 1)].rstrip() + "…"
            return
        space = text.rfind(" ", 0, end) if end < len(text) else -1
        end = space + 1 if space > end // 2 else end
        yield text[:end].rstrip()
        text = text[end:]
        if not text:
            return


def _fits(text: str, size: int) -> int:
    """Return how many characters fit into a line."""
    left = 0
    for place, char in enumerate(text):
        left += _glyph(char, size).width
        if left > _LINE:
            return place
    return len(text)


def _width(text: str, size: int) -> int:
    return sum(_glyph(char, size).width for char in text)


def _write(picture: Image.Image, text: str, left: int, top: int, size: int) -> None:
    for char in text:
        glyph = _glyph(char, size)
        picture.paste(glyph, (left, top))
        left += glyph.width


@lru_cache(maxsize=4096)
def _glyph(char: str, size: int) -> Image.Image:
    """Draw a letter in three shades of grey, as wide as it is in a line."""
    font = _font(size)
    width = max(1, round(font.getlength(char)))
    grey = Image.new("L", (width, round(size * 1.25)), 0)
    ImageDraw.Draw(grey).text((0, 0), char, font=font, fill=255)
    shades = bytes(_BACKGROUND if one < 64 else _SOFT if one < 160 else _INK for one in range(256))
    return Image.frombytes("P", grey.size, grey.tobytes().translate(shades))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _png(picture: Image.Image, palette: bytes) -> bytes:
    """Return a picture of four colours as a PNG (w3.org/TR/png-3), two bits a pixel."""
    rows = picture.tobytes("raw", "P;2")
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 2, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
