"""Keeps a document's command outputs true: `python -m catalogue.cli.reference [--check] README.md`.

A line `<!-- run: catalogue crawl --help -->` is followed by a fenced block; this program writes into it what that
command prints today, or with --check fails when it differs. Commands run from the document's folder. Digests are left
out: that of the ruleset changes with every rule.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path

from catalogue.cli import run

_BLOCK = re.compile(r"^(<!-- run: catalogue (?P<arguments>.+) -->\n```\w*\n)(?:.*\n)*?(?=```$)", re.MULTILINE)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_COLUMNS = "100"  # what a page of GitHub or PyPI shows without a scroll bar


def main(arguments: Sequence[str]) -> int:
    """Rewrite the documents, or check them; return an exit code."""
    names = [argument for argument in arguments if argument != "--check"]
    differing = [name for name in names if not _is_current(Path(name), keep="--check" in arguments)]
    for name in differing:
        sys.stderr.write(f"{name} differs from what the commands print: run `make docs`\n")
    return 1 if differing else 0


def regenerate(text: str, folder: Path) -> str:
    """The document with the output of every command as it is today."""
    with chdir(folder):
        return _BLOCK.sub(lambda match: match[1] + output_of(match["arguments"]), text)


def output_of(arguments: str) -> str:
    """What a command prints on stdout; ends this program when the command fails."""
    kept, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), _COLUMNS
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            code = run(arguments.split())
    finally:
        os.environ.pop("COLUMNS") if kept is None else os.environ.update(COLUMNS=kept)
    if code:
        raise SystemExit(f"`catalogue {arguments}` ended with {code}")
    text = _DIGEST.sub("<64 hexadecimal digits>", printed.getvalue().strip("\n"))
    return "".join(f"{line.rstrip()}\n" for line in text.split("\n"))


def _is_current(document: Path, *, keep: bool) -> bool:
    """Whether the document is (`keep`), or now has been made, what the commands print."""
    before = document.read_text(encoding="utf-8")
    after = regenerate(before, document.resolve().parent)
    if before != after and not keep:
        document.write_text(after, encoding="utf-8")
    return before == after or not keep


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
