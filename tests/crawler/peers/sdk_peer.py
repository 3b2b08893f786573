"""A server built with the official SDK, whichever version of it is installed, from 1.0 on.

`sdk_peer.py stdio`, or `sdk_peer.py streamable-http|sse PORT`. With `--stateless` and `--json` the streamable HTTP
server keeps no session, and answers in JSON rather than events.
"""

from __future__ import annotations

import asyncio
import inspect
import sys

INSTRUCTIONS = "Be kind."


def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


def delete_note(note_id: str) -> str:
    """Delete a note for good."""
    return note_id


def serve_current(transport: str, port: int, **options: bool) -> None:
    """Serve as 2.x does."""
    from mcp.server import MCPServer

    server = MCPServer("sdk-peer", instructions=INSTRUCTIONS)
    server.tool()(add)
    server.tool(title="Remove a note")(delete_note)
    if transport == "stdio":
        server.run("stdio")
    else:
        server.run(transport, host="127.0.0.1", port=port, **(options if transport != "sse" else {}))


def serve_fast(transport: str, port: int, **options: bool) -> None:
    """Serve as 1.2 to 1.x do."""
    from mcp.server.fastmcp import FastMCP

    known = options if transport == "streamable-http" else {}
    named = {} if "instructions" not in inspect.signature(FastMCP).parameters else {"instructions": INSTRUCTIONS}
    server = FastMCP("sdk-peer", host="127.0.0.1", port=port, **named, **known)
    server.tool()(add)
    server.tool()(delete_note)
    server.run(transport)


def serve_first(transport: str, port: int, **_: bool) -> None:
    """Serve as 1.0 and 1.1 do."""
    import mcp.types as types
    from mcp.server import Server

    server = Server("sdk-peer")
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 1}}}

    async def tools() -> list[types.Tool]:
        return [
            types.Tool(name=act.__name__, description=act.__doc__, inputSchema=schema) for act in (add, delete_note)
        ]

    server.list_tools()(tools)
    options = server.create_initialization_options()
    if transport == "sse":
        serve_first_sse(server, options, port)
        return

    async def run() -> None:
        from mcp.server.stdio import stdio_server

        async with stdio_server() as (reader, writer):
            await server.run(reader, writer, options)

    asyncio.run(run())


def serve_first_sse(server, options, port: int) -> None:
    import uvicorn
    from mcp.server.sse import SseServerTransport

    messages = SseServerTransport("/messages/")

    async def app(scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/messages/"):
            await messages.handle_post_message(scope, receive, send)
            return
        async with messages.connect_sse(scope, receive, send) as (reader, writer):
            await server.run(reader, writer, options)

    uvicorn.run(app, host="127.0.0.1", port=port, lifespan="off", log_level="warning")


def main(transport: str, port: str = "0", *flags: str) -> None:
    import importlib.util

    options = {"stateless_http": "--stateless" in flags, "json_response": "--json" in flags}
    if importlib.util.find_spec("mcp.server.mcpserver"):
        serve = serve_current
    else:
        serve = serve_fast if importlib.util.find_spec("mcp.server.fastmcp") else serve_first
    serve(transport, int(port), **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
