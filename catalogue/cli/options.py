"""Options and exit codes that several commands share. Knows no command."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

DEFAULT_DATABASE = "sqlite:///catalogue.db"


class Code(IntEnum):
    """What the commands end with. Usage errors and interrupts end in `catalogue.cli.main`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOTHING_TO_DO = 3
    PARTLY_FAILED = 4
    NOT_ALLOWED = 5


class Format(StrEnum):
    """How data is printed on stdout."""

    TABLE = "table"
    JSON = "json"


Database: TypeAlias = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="CATALOGUE_DATABASE",
        metavar="URL",
        help="The catalogue's database: sqlite:///FILE, or postgresql://USER@HOST/NAME.",
    ),
]
AsFormat: TypeAlias = Annotated[Format, typer.Option("--format", help="How to print the data on stdout.")]
Rules: TypeAlias = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="Judge by the rules in this folder instead of the packaged ones."),
]
AllowPrivate: TypeAlias = Annotated[
    bool, typer.Option("--allow-private", help="Ask loopback and private addresses too, for servers of your own.")
]
OptOut: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also leave alone the domains, addresses and packages in this file.")
]
Sandbox: TypeAlias = Annotated[
    Literal["auto", "bubblewrap", "gvisor"],
    typer.Option(help="What packages run in: bubblewrap, or gVisor in it; auto takes gVisor where it works."),
]
Concurrency: TypeAlias = Annotated[
    int,
    typer.Option(min=1, metavar="N", help="How many targets to introspect at a time; slow ones are waited for beside."),
]
