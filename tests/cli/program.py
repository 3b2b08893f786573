"""Runs the command line for the tests of this folder, and has what they run it on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("catalogue")
_PROGRESS = re.compile(r"[a-z ]+: [0-9,]+( of [0-9,]+)?")

HOSTILE = "evil\x1b[2J\u202e/server"

TOOLS = [
    {"server": "acme/files", "name": "list_files", "description": "List the files of a folder."},
    {"server": "acme/files", "name": "delete_file", "description": "Permanently delete a file."},
    {"server": "acme/files", "name": "create_file", "description": "Create a file with the given text."},
    {"server": "acme/shop", "name": "get_order", "description": "Return one order."},
    {"server": HOSTILE, "name": "get\x1b]0;owned\x07", "description": "Say \u202egnp.exe"},
]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def failed_with(self, *words: str, code: int = 1) -> bool:
        """After any progress one line of error (and at most one tip), nothing on stdout, each of `words` in it.

        What is noted of this machine stands before it.
        """
        lines = [line for line in self.err.splitlines() if not _PROGRESS.fullmatch(line) and line[:6] != "note: "]
        assert self.code == code, self
        assert [line.partition(":")[0] for line in lines] in (["error"], ["error", "tip"]), self.err
        assert self.out == ""
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, self.err
        return True


def run_program(*arguments: object, **options) -> Ended:
    """Run the real program in a process of its own."""
    command = [COMMAND, *map(str, arguments)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, **options)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def write_lines(file: Path, values: list) -> Path:
    file.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return file
