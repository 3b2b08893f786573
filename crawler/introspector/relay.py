"""Runs inside the box of an install step: an HTTP proxy's address there, passed on to the socket that leads out.

Called as: SOCKET PORT COMMAND... It runs the command and ends with it. Imports nothing of ours: the box has it not.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from functools import partial


async def main(socket: str, port: str, *command: str) -> int:
    """Listen, run the command, and return its exit code."""
    server = await asyncio.start_server(partial(relay, socket), "127.0.0.1", int(port))
    async with server:
        child = await asyncio.create_subprocess_exec(*command)
        code = await child.wait()
    return code if code >= 0 else 1


async def relay(socket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass one connection on, both ways."""
    with suppress(OSError):
        other_reader, other_writer = await asyncio.open_unix_connection(socket)
        await asyncio.gather(copy(reader, other_writer), copy(other_reader, writer))
        other_writer.close()
    writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until they end."""
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
