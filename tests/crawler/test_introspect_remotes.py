"""One introspection of each well-behaved remote peer: what is asked of it, and what is kept of its answers.

What hostile ones do is in `tests.crawler.attacks`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crawler.introspector import Budget, introspect
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers import remotes

BUDGET = Budget(request_seconds=8, session_seconds=10)


def ask(path: str, transport: Transport = Transport.STREAMABLE_HTTP, budget: Budget = BUDGET):
    """Introspect one peer; gives the outcome and the requests it saw."""

    async def run():
        async with remotes.serve() as (base, seen):
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
    ],
)
def test_a_sign_in_wall_is_described_without_credentials(wall, scheme, metadata, servers, scopes):
    outcome, seen = ask(f"walled/{wall}")
    assert isinstance(outcome, NotIntrospected)
    assert outcome.reason is Reason.SIGN_IN
    found = outcome.sign_in
    assert (found.scheme, found.authorization_servers, found.scopes) == (scheme, servers, scopes)
    assert found.metadata_url.endswith(metadata) if metadata else not found.metadata_url
    assert not {"authorization", "cookie"} & set().union(*(request.headers for request in seen))


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
