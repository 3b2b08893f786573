from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from catalogue.cli.terminal import json_text, show_table, visible, visible_lines, write
from catalogue.errors import CatalogueError

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb",
    "a\nb",
    "a\tb",
    "nul\0",
    "del\x7f",
    "csi\x9b31m",
    "rtl\u202egnp.exe",
    "isolate\u2066x\u2069",
    "zero\u200bwidth\ufeff",
    "tags\U000e0041",
    "line\u2028separator",
    "lone\ud800surrogate",
]
RAW = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e0fff]")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_could_trick_a_terminal_is_made_visible(text):
    shown = visible(text)
    assert not RAW.search(shown)
    assert "\\" in shown


@pytest.mark.parametrize("text", ["naïve", "日本語", "emoji 👩‍👩‍👧 ✅️", "[bold]not markup[/bold]", ":smile:"])
def test_what_is_harmless_stays_as_it_is(text):
    assert visible(text) == text


def test_lines_stay_lines():
    assert visible_lines("a\n\x1bb\n") == "a\n\\x1bb\n"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_safe_and_still_says_the_same(text, indent):
    value = {"key " + text: [text, {"deep": text}]}
    printed = json_text(value, indent=indent)
    assert not RAW.search(printed.replace("\n", ""))
    assert json.loads(printed) == value


def test_a_table_takes_every_cell_literally(capsys):
    show_table(("name", "count"), [("[red]x[/red] :smile: \x1b[2J", 12345), ("y" * 300, 1)], "a\ttitle")
    printed = capsys.readouterr().out
    assert "[red]x[/red] :smile: \\x1b[2J" in printed
    assert "12,345" in printed
    assert "y" * 300 in printed  # nothing is cut or folded in a pipe
    assert "a\\ttitle" in printed.replace("\\x09", "\\t")


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    file = tmp_path / "out.jsonl"
    file.write_text("before\n")

    def lines():
        yield "first"
        raise CatalogueError("the input ended badly")

    with pytest.raises(CatalogueError, match="ended badly"):
        write(lines(), file)
    assert file.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [file]
    write(["after"], file)
    assert file.read_text() == "after\n"


def test_a_folder_or_a_missing_folder_is_named(tmp_path):
    with pytest.raises(CatalogueError, match=re.escape(str(tmp_path))):
        write(["x"], tmp_path)
    with pytest.raises(CatalogueError, match="missing"):
        write(["x"], tmp_path / "missing" / "file")


def test_a_device_is_written_to_and_a_full_one_is_named(tmp_path):
    write(["x"], Path("/dev/null"))
    assert Path("/dev/null").is_char_device()
    with pytest.raises(CatalogueError, match="cannot write to /dev/full: No space left on device"):
        write(["x" * 100_000], Path("/dev/full"))


PRINT_MUCH = """
import sys
from catalogue import cli
from catalogue.cli import terminal
def dispatch(arguments): terminal.write("x" * 1000 for _ in range(1000))
cli._dispatch = dispatch
sys.argv = ["catalogue"]
cli.main()
"""


def test_a_reader_that_leaves_ends_the_command_quietly():
    script = f"{sys.executable} -c '{PRINT_MUCH}' | head -n 1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert ended.stderr == ""
    assert ended.returncode == 141


def test_a_full_disk_behind_stdout_is_one_line():
    command = [sys.executable, "-c", PRINT_MUCH]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert ended.stderr == "error: cannot write to standard output: No space left on device\n"
    assert ended.returncode == 1
