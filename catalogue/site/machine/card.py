"""The picture of a server that shows where its page is linked: PNG of 1200 by 630 pixels, in four colours. Pure.

Every server has one, so its making is cheap: letters are drawn once and then copied, a picture is put together from
bands of rows, most of which are compressed once for many servers, and the file is written here with the palette that it
needs. A picture drawn whole takes three times as long, and Pillow's own writer as much again. The font is the one that
Pillow brings, so that the picture is the same on every machine; a letter that it lacks is an empty box.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import cycle
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 1200, 630
"""What the Open Graph protocol's readers crop to: 1.91 to 1."""

_MARGIN = 4
"""Pixels left of the picture, which are none: one byte of zeros, the filter that a row of a PNG begins with."""

_LEFT = 70 + _MARGIN
_RIGHT = _MARGIN + _WIDTH - 70
_LINE = _RIGHT - _LEFT
_ROW = (_MARGIN + _WIDTH) // 4
"""Bytes of a row."""

_HEAD = 150
"""Rows above the name."""

_BAR, _BAR_HEIGHT = 540, 32
"""Rows above the bar, and those of the bar."""

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


class _Band(NamedTuple):
    """Whole rows of a picture, compressed so that bands can stand one after the other in a file."""

    deflated: bytes
    checksum: int  # Adler-32 of the rows
    size: int  # bytes of the rows


def draw(card: Card) -> bytes:
    """Return the picture."""
    name, summary = _paragraph(card.name, 68, 84, _letters), _summary(card.summary)
    written = _HEAD + 20 + (name.size + summary.size) // _ROW
    top = (_head(card.grade), name, _blank(20), summary, _blank(_BAR - written))
    bands = (*top, _bar(tuple(card.shares)), _blank(_HEIGHT - _BAR - _BAR_HEIGHT))
    return _png(bands, _PALETTE + bytes.fromhex(_ACCENTS[card.grade]))


@cache
def _head(grade: str) -> _Band:
    """Draw what all cards of a grade have in common."""
    picture = _picture(_HEAD)
    picture.paste(_ACCENT, (_MARGIN, 0, _MARGIN + _WIDTH, 14))
    _write(picture, _letters("MCP Risk Catalogue", 40), _LEFT, 62)
    if grade:
        picture.paste(_ACCENT, (_RIGHT - 96, 44, _RIGHT, 52))
        _write(picture, _letters(f"grade {grade}", 40), _RIGHT - _width(f"grade {grade}", 40), 62)
    return _band(picture)


@lru_cache(maxsize=2048)
def _summary(text: str) -> _Band:
    """Draw the sentence below the name, which is the same for many servers with few tools."""
    return _paragraph(text, 34, 46, _words)


def _paragraph(text: str, size: int, step: int, drawn: Callable[[str, int], Iterable[Image.Image]]) -> _Band:
    """Draw a text, cut into two lines at most, from one to the next of which are `step` pixels."""
    lines = list(_wrapped(text, size, 2))
    picture = _picture(step * len(lines))
    for number, line in enumerate(lines):
        _write(picture, drawn(line, size), _LEFT, step * number)
    return _band(picture)


@lru_cache(maxsize=2048)
def _bar(shares: tuple[float, ...]) -> _Band:
    """Draw how the tools divide, the most severe first."""
    picture = _picture(_BAR_HEIGHT)
    left = float(_LEFT)
    for percent, shade in zip(shares, cycle((_ACCENT, _SOFT, _INK))):
        right = left + _LINE * percent / 100
        picture.paste(shade, (round(left), 0, max(round(right) - 4, round(left) + 2), _BAR_HEIGHT))
        left = right
    return _band(picture)


@lru_cache(maxsize=16)
def _blank(height: int) -> _Band:
    return _band(_picture(height))


def _picture(height: int) -> Image.Image:
    return Image.new("P", (_MARGIN + _WIDTH, height), _BACKGROUND)


def _band(picture: Image.Image) -> _Band:
    """Compress a picture of four colours, two bits a pixel; looking for runs alone is fast, and as good for letters."""
    rows = picture.tobytes("raw", "P;2")
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=zlib.Z_RLE)
    return _Band(deflate.compress(rows) + deflate.flush(zlib.Z_SYNC_FLUSH), zlib.adler32(rows), len(rows))


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


def _write(picture: Image.Image, pieces: Iterable[Image.Image], left: int, top: int) -> None:
    for piece in pieces:
        picture.paste(piece, (left, top))
        left += piece.width


def _letters(text: str, size: int) -> Iterator[Image.Image]:
    return (_glyph(char, size) for char in text)


def _words(text: str, size: int) -> Iterator[Image.Image]:
    """Draw a sentence of ours, whose words are few."""
    return (_word(f"{word} ", size) for word in text.split(" "))


@lru_cache(maxsize=512)
def _word(text: str, size: int) -> Image.Image:
    picture = Image.new("P", (_width(text, size), _height(size)), _BACKGROUND)
    _write(picture, _letters(text, size), 0, 0)
    return picture


def _height(size: int) -> int:
    return round(size * 1.25)


@lru_cache(maxsize=4096)
def _glyph(char: str, size: int) -> Image.Image:
    """Draw a letter in three shades of grey, as wide as it is in a line."""
    font = _font(size)
    width = max(1, round(font.getlength(char)))
    grey = Image.new("L", (width, _height(size)), 0)
    ImageDraw.Draw(grey).text((0, 0), char, font=font, fill=255)
    shades = bytes(_BACKGROUND if one < 64 else _SOFT if one < 160 else _INK for one in range(256))
    return Image.frombytes("P", grey.size, grey.tobytes().translate(shades))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _png(bands: Sequence[_Band], palette: bytes) -> bytes:
    """Return bands as a PNG (w3.org/TR/png-3), two bits a pixel."""
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 2, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", _stream(bands)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _stream(bands: Sequence[_Band]) -> bytes:
    """Put bands into one zlib stream (RFC 1950): its head, their blocks, an empty last one, the checksum of all.

    Adler-32 is two sums modulo 65521, the second one over what the first has been.
    """
    low, high = 1, 0
    for band in bands:
        high += (band.checksum >> 16) + band.size * (low - 1)
        low += (band.checksum & 0xFFFF) - 1
    blocks = b"".join(band.deflated for band in bands)
    return b"\x78\x01" + blocks + b"\x03\x00" + struct.pack(">HH", high % 65521, low % 65521)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
