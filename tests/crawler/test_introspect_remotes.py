"""One introspection of each well-behaved remote peer: what is asked of it, and what is kept of its answers.

What hostile ones do is in `tests.crawler.attacks`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from crawler.introspector import Budget, introspect
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers import remotes

BUDGET = Budget(request_seconds=8, session_seconds=10)


def ask(path: str, transport: Transport = Transport.STREAMABLE_HTTP, budget: Budget = BUDGET, **own: remotes.Answer):
    """Introspect one peer; gives the outcome and the requests it saw. `own` are peers of the test's."""

    async def run():
        async with remotes.serve(own) as (base, seen):
            target = Target(TargetKind.REMOTE, transport, path if path.startswith("http") else f"{base}/{path}")
            return await introspect(target, budget, allow_private=True), seen

    return asyncio.run(run())


def listed(path: str, **options) -> Introspected:
    outcome, _ = ask(path, **options)
    assert isinstance(outcome, Introspected), outcome
    return outcome


def test_a_stateless_server_is_asked_twice_and_keeps_its_json():
    outcome, seen = ask("modern")
    assert isinstance(outcome, Introspected)
    assert [request.asked for request in seen] == ["server/discover", "tools/list"]
    assert list(outcome.tools) == remotes.TOOLS
    assert (outcome.protocol_version, outcome.complete, outcome.pages) == ("2026-07-28", True, 1)
    assert outcome.ttl == timedelta(minutes=1)


def test_a_handshake_server_keeps_its_session_its_pages_and_hears_a_goodbye():
    outcome, seen = ask("handshake")
    assert isinstance(outcome, Introspected)
    assert [tool["name"] for tool in outcome.tools] == ["tNone", "t", "tlast"]
    assert (outcome.protocol_version, outcome.pages, outcome.complete) == ("2025-06-18", 3, True)
    assert seen[-1].method == "DELETE"
    assert not {"authorization", "cookie"} & set().union(*(request.headers for request in seen))


@pytest.mark.parametrize(
    ("wall", "scheme", "metadata", "servers", "scopes"),
    [
        ("named", "Bearer", "/metadata", ("https://issuer.invalid",), ("read", "write")),
        ("silent", "", "/.well-known/oauth-protected-resource/walled/silent", (), ("all",)),
        ("elsewhere", "Bearer", "https://evil.invalid/metadata", (), ()),
        ("bare", "Basic", "", (), ()),
        ("odd", "Bearer", "", (), ()),
        ("user", "Bearer", "@{host}/metadata", (), ("read",)),
    ],
)
def test_a_sign_in_wall_is_described_without_credentials(wall, scheme, metadata, servers, scopes):
    outcome, seen = ask(f"walled/{wall}")
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.SIGN_IN
    found = outcome.sign_in
    assert (found.scheme, found.authorization_servers, found.scopes) == (scheme, servers, scopes)
    metadata = metadata.replace("{host}", seen[0].headers["host"])
    assert found.metadata_url.endswith(metadata) if metadata else not found.metadata_url
    assert not {"authorization", "cookie"} & set().union(*(request.headers for request in seen))


def test_metadata_that_hangs_costs_nothing_of_what_the_challenge_says():
    async def hangs(request: remotes.Request) -> None:
        if request.method == "POST":
            return await request.reply(b"", 401, WWW_Authenticate='Bearer scope="read"')
        return await asyncio.sleep(30)

    outcome, _ = ask("own", budget=Budget(request_seconds=0.5), own=hangs, **{".well-known": hangs})
    assert (outcome.sign_in.scheme, outcome.sign_in.scopes, outcome.sign_in.metadata_url) == ("Bearer", ("read",), "")


Say = Callable[[remotes.Request], Awaitable[None]]
OTHERS = ["server/discover", "initialize", "notifications/initialized", "tools/list"]


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (lambda request: request.reply(b"<p>no</p>", 405, "text/html"), OTHERS),
        (lambda request: request.reply(b"<p>no</p>", 404, "text/html"), OTHERS),
        (lambda request: request.reply(b"Bad Request", 400, "text/plain"), OTHERS),
        (lambda request: request.error(-32600, 400), OTHERS),
        (lambda request: request.error(-32601, 404), OTHERS),
        (lambda request: request.error(-32601, 405), OTHERS),
        (lambda request: request.error(-32602), OTHERS),
        (lambda request: request.error(-32022, 400, supported=["2025-11-25"]), OTHERS),
        (lambda request: request.reply(b"oops", 500, "text/plain"), OTHERS),
        (lambda request: request.result({"supportedVersions": ["2025-11-25"], "capabilities": {}}), OTHERS),
        (lambda request: request.error(-32022, 400, supported=[remotes.MODERN]), OTHERS[:1]),
        (lambda request: request.error(-32021, 400), OTHERS[:1]),
        (lambda request: request.error(-32020, 405), OTHERS[:1]),
        (lambda request: request.reply(b"", 401), OTHERS[:1]),
        (lambda request: request.reply(b"", 403), OTHERS[:1]),
        (lambda request: request.reply(b"", 429), OTHERS[:1]),
    ],
)
def test_the_era_is_told_by_the_answer_to_the_first_question(first: Say, asked):
    async def answer(request: remotes.Request) -> None:
        await (first(request) if request.asked == "server/discover" else remotes.healthy(request))

    outcome, seen = ask("own", own=answer)
    assert [request.asked for request in seen if request.method == "POST"] == asked
    assert isinstance(outcome, Introspected) == (len(asked) > 1)


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", remotes.MODERN])
def test_how_long_a_listing_holds_and_for_whom_is_heard_in_every_revision(revision):
    async def answer(request: remotes.Request) -> None:
        cursor = request.message.get("params", {}).get("cursor")
        if request.asked == "tools/list":
            more = {"ttlMs": 90_000, "cacheScope": "private"} if cursor else {"ttlMs": 120_000, "nextCursor": "2"}
            await request.result(remotes.page(remotes.TOOLS, **more))
        elif request.asked == "initialize":
            await request.result({"protocolVersion": revision, "capabilities": {"tools": {}}})
        elif request.asked == "server/discover" and revision != remotes.MODERN:
            await request.error(-32601, 404)
        else:
            await remotes.opened(request)

    outcome, _ = ask("own", own=answer)
    assert outcome.protocol_version == revision
    assert (outcome.ttl, outcome.private, outcome.complete) == (timedelta(seconds=90), True, True)


@pytest.mark.parametrize("declared", [Transport.STREAMABLE_HTTP, Transport.SSE])
@pytest.mark.parametrize(
    ("post", "get", "reason"),
    [
        (405, 401, Reason.SIGN_IN),
        (404, 403, Reason.FORBIDDEN),
        (404, 429, Reason.RATE_LIMITED),
        (405, 405, Reason.NOT_FOUND),
        (404, 200, Reason.NOT_FOUND),
    ],
)
def test_of_two_transports_that_fail_the_one_that_says_more_is_told(declared, post, get, reason):
    async def answer(request: remotes.Request) -> None:
        await request.reply(b"<p>", post if request.method == "POST" else get, "text/html")

    outcome, _ = ask("own", transport=declared, own=answer, **{".well-known": answer})
    assert outcome.reason in ({reason} if declared is Transport.STREAMABLE_HTTP else {reason, Reason.NOT_MCP}), outcome


def test_in_an_event_stream_only_the_answer_to_our_question_counts_and_requests_are_declined():
    outcome, seen = ask("streamed")
    assert isinstance(outcome, Introspected)
    assert list(outcome.tools) == remotes.TOOLS
    declined = [request.message for request in seen if "error" in request.message]
    assert [(message["id"], message["error"]["code"]) for message in declined] == [("ask", -32601)]


@pytest.mark.parametrize("transport", [Transport.SSE, Transport.STREAMABLE_HTTP])
def test_the_transport_of_2024_is_spoken_whatever_was_declared(transport):
    outcome = listed("events", transport=transport)
    assert (outcome.protocol_version, list(outcome.tools)) == ("2024-11-05", remotes.TOOLS)


def test_a_server_declared_as_sse_that_has_moved_on_is_still_found():
    assert len(listed("modern", transport=Transport.SSE).tools) == 2


def test_a_modern_server_that_wants_an_older_revision_gets_it():
    assert listed("versions").protocol_version == "2025-06-18"


def test_redirects_within_the_origin_are_followed():
    assert len(listed("moved").tools) == 2


def test_a_server_that_offers_no_tools_has_an_empty_listing_and_one_that_should_has_none():
    outcome = listed("notools")
    assert (outcome.tools, outcome.complete) == ((), True)
    assert isinstance(ask("promptsonly")[0], NotIntrospected)


def test_without_permission_a_loopback_server_is_not_asked():
    async def run():
        async with remotes.serve() as (base, seen):
            return await introspect(Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/modern")), seen

    outcome, seen = asyncio.run(run())
    assert isinstance(outcome, NotIntrospected)
    assert (outcome.reason, seen) == (Reason.ADDRESS_REFUSED, [])


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://[::1]:notaport/",
            "http://a..b/",
            "http://-.invalid/",
            "http://xn--/",
            "http://" + "a" * 300 + ".invalid/",
        ),
        *(
            "http://\u202e.invalid/",
            "http://ex ample.invalid/",
            "http://%00.invalid/",
            "http://*/",
            "http://[v1.x]/",
            "",
        ),
        *("https://127.0.0.1:1029/", "http://\ud800.invalid/", "http://a.invalid:0/", "http://@/", "//x", "http:x"),
    ],
)
def test_no_address_however_odd_raises(url):
    outcome, _ = ask(url if url.startswith("http") else "http" + url)
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason in {Reason.ADDRESS_REFUSED, Reason.UNREACHABLE}
