"""`catalogue serve`: look at a built site on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalogue.cli.terminal import say
from catalogue.errors import CatalogueError

if TYPE_CHECKING:
    from catalogue.cli.static_files import FileServer


def serve(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that `catalogue publish` wrote.")] = Path(
        "site"
    ),
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="The port to listen on; 0 takes a free one.")
    ] = 8000,
) -> None:
    """Serve a built site on this machine."""
    with _listen(folder, host, port) as server:
        say(f"serving {folder} at http://{host}:{server.server_port}/ (Ctrl-C ends it)")
        server.serve_forever()


def _listen(folder: Path, host: str, port: int) -> FileServer:
    from catalogue.cli.static_files import FileServer

    if not (folder / "index.html").is_file():
        raise CatalogueError(f"{folder} holds no site: there is no index.html in it", "run `catalogue publish`")
    try:
        return FileServer(folder, host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CatalogueError(
            f"cannot listen on {host} port {port}: {reason}", "choose another --host or --port"
        ) from error
