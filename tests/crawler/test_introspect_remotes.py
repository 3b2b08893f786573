"""One introspection of each remote peer: what it lists, or the reason it did not."""

from __future__ import annotations

import asyncio
import resource
from datetime import timedelta

import pytest

from crawler.introspector import Budget, introspect
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers import remotes

PATIENT = Budget(request_seconds=8, session_seconds=10)
SHORT = Budget(request_seconds=0.4, session_seconds=1.2)
"""For peers that answer nothing for as long as they are let."""


def ask(path: str, transport: Transport = Transport.STREAMABLE_HTTP, budget: Budget = PATIENT):
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


def test_malformed_tools_stand_apart_and_cost_their_neighbours_nothing():
    outcome = listed("badtools")
    assert list(outcome.tools) == remotes.TOOLS
    assert outcome.complete
    assert [entry.index for entry in outcome.malformed] == list(range(1, 13))
    reasons = [entry.why for entry in outcome.malformed]
    assert reasons[0] == "a tool is an object, not null"
    assert reasons[7] == "nested more than 100 levels deep"
    assert reasons[8].startswith("larger than")
    assert "surrogate" in reasons[9]
    assert reasons[10] == "holds NaN, which is not a JSON number"
    assert reasons[11] == "holds 1e999, which is not a JSON number"
    assert all(len(entry.excerpt) <= 200 for entry in outcome.malformed)


@pytest.mark.parametrize(
    ("path", "tools", "pages"),
    [
        ("endlesspages", 50, 50),
        ("samecursor", 4, 2),
        ("numbercursor", 2, 1),
        ("secondpagefails", 2, 1),
        ("manytools", 5_000, 1),
    ],
)
def test_a_listing_that_was_cut_short_is_kept_and_called_incomplete(path, tools, pages):
    outcome = listed(path, budget=PATIENT)
    assert (len(outcome.tools), outcome.pages, outcome.complete) == (tools, pages, False)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("hang", Reason.TIMED_OUT),
        ("hanglate", Reason.TIMED_OUT),
        ("dripheaders", Reason.TIMED_OUT),
        ("drip", Reason.TIMED_OUT),
        ("dripevents", Reason.TIMED_OUT),
        ("flood", Reason.TOO_LARGE),
        ("floodevents", Reason.TOO_LARGE),
        ("floodline", Reason.TOO_LARGE),
        ("floodheaders", Reason.NOT_MCP),
        ("floodrequests", Reason.PROTOCOL_ERROR),
        ("bomb", Reason.PROTOCOL_ERROR),
        ("deep", Reason.NOT_MCP),
        ("wrongid", Reason.PROTOCOL_ERROR),
        ("trueid", Reason.PROTOCOL_ERROR),
        ("wrongidevents", Reason.PROTOCOL_ERROR),
        ("notalist", Reason.PROTOCOL_ERROR),
        ("noresult", Reason.PROTOCOL_ERROR),
        ("question", Reason.PROTOCOL_ERROR),
        ("rpcerror", Reason.PROTOCOL_ERROR),
        ("capability", Reason.PROTOCOL_ERROR),
        ("badversion", Reason.PROTOCOL_ERROR),
        ("html", Reason.NOT_MCP),
        ("text", Reason.NOT_MCP),
        ("otherjson", Reason.NOT_MCP),
        ("badutf8", Reason.NOT_MCP),
        ("empty", Reason.NOT_MCP),
        ("close", Reason.NOT_MCP),
        ("garbage", Reason.NOT_MCP),
        ("cutoff", Reason.UNREACHABLE),
        ("status/401", Reason.SIGN_IN),
        ("status/402", Reason.PAYMENT),
        ("status/403", Reason.FORBIDDEN),
        ("status/404", Reason.NOT_FOUND),
        ("status/405", Reason.NOT_FOUND),
        ("status/410", Reason.NOT_FOUND),
        ("status/400", Reason.NOT_MCP),
        ("status/418", Reason.NOT_MCP),
        ("status/429", Reason.RATE_LIMITED),
        ("status/500", Reason.SERVER_ERROR),
        ("status/503", Reason.SERVER_ERROR),
        ("redirect/307?http://169.254.169.254/", Reason.REDIRECTED),
        ("redirect/308?https://elsewhere.invalid/mcp", Reason.REDIRECTED),
        ("redirect/302?/modern", Reason.REDIRECTED),
        ("redirect/301?//[broken", Reason.REDIRECTED),
        ("loop", Reason.REDIRECTED),
        ("eventselsewhere", Reason.NOT_FOUND),
        ("eventsnoendpoint", Reason.NOT_FOUND),
        ("modern/{tenant}", Reason.NEEDS_CONFIGURATION),
        ("http://127.0.0.1:1029/", Reason.UNREACHABLE),
        ("https://name.invalid/mcp", Reason.UNREACHABLE),
    ],
)
def test_each_server_that_does_not_list_its_tools_has_its_own_reason(path, reason):
    outcome, _ = ask(path, budget=SHORT if reason is Reason.TIMED_OUT else PATIENT)
    assert isinstance(outcome, NotIntrospected), outcome
    assert outcome.reason is reason, outcome.detail
    assert 0 < len(outcome.detail) <= 300
    assert outcome.detail.isprintable()
    assert outcome.duration < timedelta(seconds=5)


def test_what_servers_ask_of_us_is_declined_a_few_times_and_then_ignored():
    _, seen = ask("floodrequests")
    assert sum("error" in request.message for request in seen) <= 2 * 16


def test_floods_leave_no_memory_behind():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def run():
        async with remotes.serve() as (base, _):
            targets = [
                Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/{path}")
                for path in ("flood", "bomb", "floodline") * 5
            ]
            return await asyncio.gather(*(introspect(target, SHORT, allow_private=True) for target in targets))

    outcomes = asyncio.run(run())
    assert all(isinstance(outcome, NotIntrospected) for outcome in outcomes)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_hanging_servers_do_not_hold_up_a_healthy_one():
    async def run():
        async with remotes.serve() as (base, _):
            paths = ["hang", "drip", "dripevents"] * 5 + ["modern"]
            targets = [Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/{path}") for path in paths]
            return await asyncio.gather(*(introspect(target, SHORT, allow_private=True) for target in targets))

    *others, healthy = asyncio.run(run())
    assert isinstance(healthy, Introspected)
    assert not any(isinstance(outcome, Introspected) for outcome in others)


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
