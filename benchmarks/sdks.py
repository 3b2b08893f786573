"""Introspects servers built with old and new versions of the official SDKs, over each of their transports.

It installs each version into a temporary folder, from the registries that uv and npm are configured for.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.crawler.peers.sdks import HTTP, SSE, STATELESS, STDIO, NotInstalledError, Sdk, tools_of

OLD, ALL = (STDIO, SSE), (STDIO, SSE, HTTP, STATELESS)
_PYDANTIC = "pydantic<2.12"  # what was there when they were new: they import a private name of it
_V2 = tuple(f"@modelcontextprotocol/{name}" for name in ("server", "node", "server-legacy"))
SDKS = (
    Sdk("python", ("mcp==1.0.0", "uvicorn"), OLD),
    Sdk("python", ("mcp==1.2.0", _PYDANTIC), OLD),  # the first with FastMCP
    Sdk("python", ("mcp==1.8.0", _PYDANTIC), ALL),  # the first with streamable HTTP
    Sdk("python", ("mcp<2",), ALL),
    Sdk("python", ("mcp==2.0.0",), ALL),
    Sdk("python", ("mcp",), ALL),
    Sdk("typescript", ("@modelcontextprotocol/sdk@1.0.0",), OLD),
    Sdk(
        "typescript", ("@modelcontextprotocol/sdk@1.10.0",), (*OLD, HTTP)
    ),  # the first with streamable HTTP; stateless from 1.11 on
    Sdk("typescript", ("@modelcontextprotocol/sdk@1",), ALL),
    Sdk("typescript", tuple(f"{name}@2.0.0" for name in _V2), ALL),
    Sdk("typescript", _V2, ALL),
)


def main() -> int:
    """Print a line for each version and transport; return 1 when one of them did not list its tools."""
    failed = 0
    for sdk in SDKS:
        with tempfile.TemporaryDirectory(prefix="sdk-") as folder:
            try:
                command = sdk.install(Path(folder, "sdk"))
            except NotInstalledError as error:
                print(f"{sdk!s:48} skipped, not installed: {error}", flush=True)
                continue
            for transport in sdk.transports:
                failed += not _measure(sdk, command, transport)
    return min(failed, 1)


def _measure(sdk: Sdk, command: tuple[str, ...], transport: tuple[str, ...]) -> bool:
    began = time.monotonic()
    try:
        outcome = tools_of(command, transport)
    except AssertionError as error:
        outcome = error
    took = time.monotonic() - began
    names = [tool["name"] for tool in getattr(outcome, "tools", ())]
    good = names == ["add", "delete_note"] and outcome.complete
    said = f"{len(names)} tools by {outcome.protocol_version}" if good else f"FAILED: {outcome}"
    print(f"{sdk!s:48} {' '.join(transport):34} {said} in {took:.1f} s", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
