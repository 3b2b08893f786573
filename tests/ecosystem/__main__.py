"""Serve a local ecosystem: `python -m tests.ecosystem --servers 300` prints its address and runs until killed."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import time
from collections.abc import Sequence
from urllib.parse import parse_qsl

from tests.ecosystem.http import Connection, HttpRequest
from tests.ecosystem.registry import Registry
from tests.ecosystem.remotes import Remotes
from tests.ecosystem.world import DEFAULT_MIX, REVISIONS, Server, world


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.ecosystem", description=__doc__)
    parser.add_argument("--servers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--mix", type=json.loads, default=DEFAULT_MIX, help='profile to per cent, {"hang": 5}')
    parser.add_argument("--revisions", type=json.loads, default=REVISIONS, help='revision to share, {"2026-07-28": 1}')
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that a server takes for each answer")
    options = parser.parse_args()
    members = world(options.servers, options.seed, options.mix, options.revisions)
    asyncio.run(_serve(members, options.port, options.latency))


async def _serve(members: Sequence[Server], port: int, latency: float) -> None:
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener, socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # and nobody listens: connections to it are refused
        base, closed = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in (listener, reserved))
        registry, remotes = Registry(members, base, closed), Remotes(members, closed, latency)

        def serve(connection: Connection, request: HttpRequest) -> None:
            if request.path.startswith("/s/"):
                remotes.serve(connection, request)
            elif request.path == "/v0.1/servers":
                connection.send(200, json.dumps(registry.page(dict(parse_qsl(request.query)))).encode())
            elif request.path == "/asked":
                asked = {"methods": remotes.asked, "listed": remotes.listed, "visits": remotes.visits.by_server}
                connection.send(200, json.dumps(asked | {"cpu": time.process_time()}).encode())
            else:
                connection.send(404)

        server = await asyncio.get_running_loop().create_server(lambda: Connection(serve), sock=listener)
        print(base, flush=True)  # noqa: T201 - this is the program's output
        await server.serve_forever()


main()
