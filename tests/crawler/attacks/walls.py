"""Attacks on what a server says of why it does not list: statuses, challenges, metadata, robots.txt, waiting times."""

from __future__ import annotations

import json

from crawler.records import Reason
from tests.crawler.attacks.attack import CANARY, Lists, Refused, serves
from tests.crawler.peers.remotes import Request, healthy

_SIGN_IN = Refused(Reason.SIGN_IN, "HTTP 401")
_METADATA = {"resource": "x", "authorization_servers": ["https://issuer.invalid"]}

# Statuses. A page stands behind each, so that none is told by its body.

for _status, _reason in (
    (400, Reason.NOT_MCP),
    (401, Reason.SIGN_IN),
    (402, Reason.PAYMENT),
    (403, Reason.FORBIDDEN),
    (404, Reason.NOT_FOUND),
    (405, Reason.NOT_FOUND),
    (410, Reason.NOT_FOUND),
    (418, Reason.NOT_MCP),
    (429, Reason.RATE_LIMITED),
    (500, Reason.SERVER_ERROR),
    (503, Reason.SERVER_ERROR),
    (999, Reason.NOT_MCP),
):

    async def _closed(request: Request, status: int = _status) -> None:
        await request.reply(b"<p>no</p>", status, "text/html")

    _closed.__name__ = f"answers_{_status}"
    serves(f"answers HTTP {_status} with a page", Refused(_reason, f"HTTP {_status}"))(_closed)

for _name, _wait in (
    ("for-ages", "9" * 5000),
    ("until-beyond-time", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
    ("in-no-time-zone", "Mon, 01 Jan 2027 00:00:00 -99999999999999999999999"),
    ("until-yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("for-less-than-nothing", "-1"),
    ("in-words", "((((later))))" * 1000),
):

    async def _waits(request: Request, wait: str = _wait) -> None:
        await request.reply(b"", 429, Retry_After=wait)

    _waits.__name__ = f"asks_to_wait_{_name}"
    serves(f"asks to be left alone: {_wait[:50]}", Refused(Reason.RATE_LIMITED, "HTTP 429"))(_waits)


@serves("answers questions with 404 and its event stream with 401", _SIGN_IN)
async def walls_its_older_transport(request: Request) -> None:
    await request.reply(b"", 401 if request.method == "GET" and request.path == "/mcp" else 404)


@serves("has its event stream behind a wall, and is listed as such", _SIGN_IN, transport="sse")
async def walls_its_declared_transport(request: Request) -> None:
    await request.reply(b"", 401)


# Challenges, and the metadata that they name.

for _name, _does, _challenge in (
    ("the-canary", "another origin", f'Bearer resource_metadata="http://{CANARY}/metadata"'),
    ("loopback", "loopback", 'Bearer resource_metadata="http://127.0.0.1/metadata"'),
    ("a-file", "a file", 'Bearer resource_metadata="file:///etc/passwd"'),
    ("a-user", "a user's address", 'Bearer resource_metadata="http://user:word@{host}/metadata"'),
    ("nowhere", "no address", 'Bearer resource_metadata="http://[::1", scope="' + "x" * 5000),
    ("thousands", "thousands of addresses", 'Bearer resource_metadata="/a", ' * 1000),
):

    async def _challenges(request: Request, challenge: str = _challenge) -> None:
        found = request.path in {"/metadata", "/etc/passwd"}
        headers = {"WWW_Authenticate": challenge.replace("{host}", request.headers["host"])}
        await (request.json(_METADATA) if found else request.reply(b"", 401, **headers))

    _challenges.__name__ = f"challenges_with_{_name}"
    serves(f"wants a sign-in whose metadata is at {_does}", _SIGN_IN)(_challenges)

_HUGE = json.dumps({**_METADATA, "scopes_supported": ["x" * 100_000] * 30}).encode()

for _name, _does, _status, _body in (
    ("html", "a page", 200, b"<!doctype html>"),
    (
        "numbers",
        "numbers",
        200,
        b'{"resource": 7, "authorization_servers": [1, null, {}], "scopes_supported": {"a": 1}}',
    ),
    ("depth", "nested beyond reading", 200, b"[" * 200_000),
    ("bulk", "three megabytes", 200, _HUGE),
    ("values", "a million lists", 200, b"[" + b"[]," * 1_000_000 + b"0]"),
    ("failure", "failing", 500, b"{}"),
    ("a-loop", "moving in a circle", 307, b""),
    ("another-place", "at the canary", 302, b""),
    ("a-sign-in", "behind a sign-in itself", 401, b""),
):

    async def _describes(request: Request, name: str = _name, status: int = _status, body: bytes = _body) -> None:
        if request.method == "POST":
            return await request.reply(b"", 401, WWW_Authenticate="Bearer")
        location = f"http://{CANARY}/" if name == "another-place" else request.path
        return await request.reply(body, status, Location=location)

    _describes.__name__ = f"describes_its_sign_in_with_{_name}"
    serves(f"wants a sign-in whose metadata is {_does}", _SIGN_IN)(_describes)

# robots.txt.

for _name, _does, _status, _body, _robots_ends in (
    ("everybody", "keeps everybody out", 200, b"User-agent: *\nDisallow: /",
     Refused(Reason.DISALLOWED, "keeps crawlers away from /mcp")),
    ("patterns", "has patterns that take a naive reader for ever", 200,
     b"User-agent: *\nDisallow: /" + b"*a" * 500 + b"*b\n" * 200, Lists()),
    ("groups", "has fifty thousand groups", 200, b"User-agent: x\nDisallow: /\n\n" * 20_000, Lists()),
    ("noise", "is noise", 200, b"\0\xff" * 10_000, Lists()),
    ("delays", "asks for an endless delay", 200, b"User-agent: *\nCrawl-delay: 1e309\nRequest-rate: 1/9999999999s",
     Lists()),
    ("failure", "fails", 500, b"", Refused(Reason.SERVER_ERROR, "its robots.txt answers HTTP 500")),
    ("a-limit", "is asked too often", 429, b"", Refused(Reason.RATE_LIMITED, "its robots.txt answers HTTP 429")),
    ("a-loop", "moves in a circle", 301, b"", Lists()),
    ("another-place", "is at the canary", 302, b"", Lists()),
):  # fmt: skip

    async def _keeps(request: Request, name: str = _name, status: int = _status, body: bytes = _body) -> None:
        if request.path != "/robots.txt":
            return await healthy(request)
        location = f"http://{CANARY}/robots.txt" if name == "another-place" else "/robots.txt"
        return await request.reply(body, status, "text/plain", Location=location)

    _keeps.__name__ = f"has_a_robots_txt_of_{_name}"
    serves(f"has a robots.txt that {_does}", _robots_ends, own_robots=True)(_keeps)
