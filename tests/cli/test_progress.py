from __future__ import annotations

import os
import pty
import subprocess
import sys

from catalogue.cli.progress import progress


def test_a_log_gets_a_line_when_the_work_changes_and_when_it_ends(capsys):
    with progress() as report:
        for done in range(1001):
            report("reading", done, 1000)
        report("writing \x1b[2J", 1, None)
        report("writing \x1b[2J", 2500, None)
    assert capsys.readouterr().err.splitlines() == [
        "reading: 0 of 1,000",
        "reading: 1,000 of 1,000",
        "writing \\x1b[2J: 1",
        "writing \\x1b[2J: 2,500",
    ]


def test_a_terminal_gets_a_bar_that_takes_every_text_literally():
    code = (
        "from catalogue.cli.progress import progress\n"
        "with progress() as report: report('[red]at\\x07 :smile:', 3, 10)\n"
    )
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", code], check=True, stderr=theirs, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "[red]at\\x07 :smile:" in shown
    assert "3/10" in shown
    assert "\x07" not in shown
