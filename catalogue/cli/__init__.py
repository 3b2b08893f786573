"""The `catalogue` command: one module a stage. This one is its entry, and the one place where errors end."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from io import TextIOWrapper


def main() -> None:
    """Run the command line and leave with its exit code (README, "Exit codes")."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # ends as tidily as Ctrl-C
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a character gets its escape
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command. Our own errors end as one line and a tip; any other is a bug and keeps its traceback."""
    from catalogue.cli.terminal import say, visible_lines

    try:
        return _dispatch(arguments or ["--help"])
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the boundary: nothing above it could still handle an error
        code, message, tip = _explain(error)
        if not message:
            sys.stderr.write(visible_lines(traceback.format_exc()))
            return code
    for line in message.splitlines():
        say(f"error: {line}")
    if tip:
        say(f"tip: {tip}")
    return code


def _dispatch(arguments: list[str]) -> int:
    from catalogue.cli.app import app
    from catalogue.cli.terminal import flush

    _send_logs_to_stderr()
    code = int(app(arguments, prog_name="catalogue", standalone_mode=False) or 0)
    flush()
    return code


def _explain(error: Exception) -> tuple[int, str, str]:
    """Exit code, message and tip of an error; an empty message means that it is not ours."""
    from typer import Abort, TyperException

    from catalogue.errors import CatalogueError
    from classifier.tool import ClassifierError
    from crawler.records import CrawlerError

    if isinstance(error, TyperException):
        path = getattr(getattr(error, "ctx", None), "command_path", "catalogue")
        message = error.format_message().replace(": Value error, ", ": ")  # pydantic's words, of no use to a person
        return 2, message, f"`{path} --help` says what it takes"
    if isinstance(error, CatalogueError):
        return 1, str(error), error.tip
    if isinstance(error, (CrawlerError, ClassifierError)):
        return 1, str(error), ""
    if isinstance(error, Abort):
        return 130, "interrupted", ""
    return 1, "", ""


def _send_logs_to_stderr() -> None:
    """Libraries log what strangers sent them: warnings reach the terminal, in visible characters only."""
    from catalogue.cli.terminal import say

    class Visible(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(f"{record.levelname.lower()}: {record.name}: {record.getMessage()}")

    logging.basicConfig(level=logging.WARNING, handlers=[Visible()], force=True)
    for name in ("scrapy", "twisted"):  # what they call an error comes back from the crawler as one of its own
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
