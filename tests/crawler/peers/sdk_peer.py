"""A server built with the official SDK: `sdk_peer.py stdio`, or `sdk_peer.py streamable-http|sse PORT`.

With `--stateless` and `--json` the streamable HTTP server keeps no session, and answers in JSON rather than events.
"""

from __future__ import annotations

import sys

from mcp.server import MCPServer

server = MCPServer("sdk-peer", instructions="Be kind.")


@server.tool()
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@server.tool(title="Remove a note")
def delete_note(note_id: str) -> str:
    """Delete a note for good."""
    return note_id


def main(transport: str, port: str = "0", *flags: str) -> None:
    if transport == "stdio":
        server.run("stdio")
    elif transport == "sse":
        server.run("sse", host="127.0.0.1", port=int(port))
    else:
        options = {"stateless_http": "--stateless" in flags, "json_response": "--json" in flags}
        server.run("streamable-http", host="127.0.0.1", port=int(port), **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
