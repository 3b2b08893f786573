"""Who is left alone: by robots.txt, by an opt-out list, and for how long."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest
from protego import Protego

from crawler.introspector import Budget, Robots, introspect, robots
from crawler.manners import requested_wait
from crawler.opt_out import OptOutError, parse_opt_out, read_opt_out
from crawler.records import Introspected, NotIntrospected, Reason, Target, TargetKind, Transport
from tests.crawler.peers import remotes


def ask(robots_txt: str, times: int = 1, path: str = "modern"):
    """Introspect a peer whose origin has this robots.txt; "500" and the like are a status instead."""

    async def answer(request: remotes.Request) -> None:
        if robots_txt.isdecimal():
            await request.reply(b"", int(robots_txt), Retry_After="120")
        elif robots_txt.startswith("http"):
            await request.reply(b"", 302, Location=robots_txt)
        else:
            await request.reply(robots_txt.encode(), kind="text/plain")

    async def run():
        async with remotes.serve({"robots.txt": answer}) as (base, seen):
            target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/{path}")
            known = Robots()
            budget = Budget(request_seconds=5)
            outcomes = [await introspect(target, budget, allow_private=True, robots=known) for _ in range(times)]
            return outcomes, [request for request in seen if request.path == "/robots.txt"], seen

    return asyncio.run(run())


@pytest.mark.parametrize(
    "robots_txt",
    ["", "User-agent: *\nDisallow: /private", "User-agent: other\nDisallow: /", "404", "403", "<html>not found</html>",
     "User-agent: *\nDisallow: /\n\nUser-agent: mcp-risk-catalogue\nAllow: /", "https://elsewhere.invalid/robots.txt",
     "\0\xff" * 1000, "Disallow: /\n" + "x" * 600_000],
)  # fmt: skip
def test_whoever_does_not_forbid_it_is_asked(robots_txt):
    outcomes, _, _ = ask(robots_txt)
    assert isinstance(outcomes[0], Introspected), outcomes[0]


@pytest.mark.parametrize(
    "robots_txt",
    ["User-agent: *\nDisallow: /", "User-agent: MCP-Risk-Catalogue\nDisallow: /modern",
     "User-agent: *\nDisallow: /*ode"],
)  # fmt: skip
def test_whoever_forbids_it_is_asked_nothing_else(robots_txt):
    outcomes, asked, seen = ask(robots_txt)
    assert isinstance(outcomes[0], NotIntrospected)
    assert outcomes[0].reason is Reason.DISALLOWED
    assert len(seen) == len(asked) == 1


@pytest.mark.parametrize(
    ("path", "forbidden"), [("moved", "/moved/here"), ("events", "/events/post"), ("walled/silent", "/.well-known/")]
)
def test_nor_is_whoever_is_led_to_what_it_forbids(path, forbidden):
    outcomes, _, seen = ask(f"User-agent: *\nDisallow: {forbidden}", path=path)
    assert isinstance(outcomes[0], NotIntrospected)
    assert not [request for request in seen if request.path.startswith(forbidden)]
    if path != "walled/silent":  # what its sign-in takes is not asked; that it wants one is known
        assert (outcomes[0].reason, forbidden in outcomes[0].detail) == (Reason.DISALLOWED, True)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("429", Reason.RATE_LIMITED), ("500", Reason.SERVER_ERROR), ("503", Reason.SERVER_ERROR)],
)
def test_whoever_fails_to_say_is_asked_nothing_else_and_soon_again(status, reason):
    outcomes, asked, seen = ask(status, times=2)
    for outcome in outcomes:
        assert isinstance(outcome, NotIntrospected)
        assert (outcome.reason, outcome.retry_after) == (reason, timedelta(minutes=2))
        assert "robots.txt" in outcome.detail
    assert len(seen) == len(asked) == 1


def test_a_file_is_read_once_a_day():
    outcomes, asked, _ = ask("User-agent: *\nDisallow: /x", times=3)
    assert all(isinstance(outcome, Introspected) for outcome in outcomes)
    assert len(asked) == 1


def test_files_are_kept_within_a_bound(monkeypatch):
    monkeypatch.setattr(robots, "_MOST_BYTES", 1000)

    async def answer(request: remotes.Request) -> None:
        await request.reply(b"#" * 400, kind="text/plain")

    async def run():
        known = Robots()
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(5):
                base, _ = await stack.enter_async_context(remotes.serve({"robots.txt": answer}))
                target = Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, f"{base}/modern")
                await introspect(target, allow_private=True, robots=known)
            return known

    known = asyncio.run(run())
    assert (len(known._known), known._bytes) == (2, 800)


def test_patterns_of_a_hostile_file_cost_linear_time():
    rules = Protego.parse("User-agent: *\n" + "Disallow: /" + "*a" * 500 + "*b\n" * 200)
    start = monotonic()
    assert rules.can_fetch("https://x.example/" + "a" * 2000, "mcp-risk-catalogue")
    assert monotonic() - start < 0.5


def remote(address: str) -> Target:
    return Target(TargetKind.REMOTE, Transport.STREAMABLE_HTTP, address)


OUT = (
    "left.example",
    "https://other.example/mcp/ # a note",
    "http://third.example:8443",
    "npm:@Scope/name",
    "pypi:My.Server",
    "oci:docker.io/library/git",
    "mcpb:https://files.example/a.mcpb",
    "",
    "# x",
)


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("https://left.example/", True),
        ("https://a.b.LEFT.example.:8443/x", True),
        ("https://other.example/mcp", True),
        ("http://Other.example:80/MCP/x", True),
        ("https://other.example/mcp?tenant=1", True),
        ("https://third.example:8443/x", True),
        ("https://notleft.example/", False),
        ("https://left.example.net/", False),
        ("https://other.example/mcpx", False),
        ("https://other.example/", False),
        ("https://third.example/x", False),
        ("https://[::1", False),
    ],
)
def test_an_opt_out_covers_a_domain_and_what_is_below_an_address(address, left):
    assert parse_opt_out(OUT, "list").covers(remote(address)) is left


@pytest.mark.parametrize(
    ("kind", "address", "left"),
    [
        (TargetKind.NPM, "@scope/name", True),
        (TargetKind.PYPI, "my-server", True),
        (TargetKind.OCI, "git", True),
        (TargetKind.MCPB, "https://files.example/a.mcpb", True),
        (TargetKind.MCPB, "https://downloads.left.example/b.mcpb", True),
        (TargetKind.PYPI, "@scope/name", False),
        (TargetKind.MCPB, "https://files.example/b.mcpb", False),
    ],
)
def test_an_opt_out_covers_a_package_however_it_is_spelt(kind, address, left):
    assert parse_opt_out(OUT, "list").covers(Target(kind, Transport.STDIO, address)) is left


def test_all_that_is_wrong_with_a_list_is_said_at_once(tmp_path):
    with pytest.raises(OptOutError) as error:
        parse_opt_out(["ftp://x", "ok.example", "a b", "*.example", "https://", "remote:x", "npm:"], "list")
    assert [line.split(":")[1] for line in str(error.value).splitlines()] == ["1", "3", "4", "5", "6", "7"]
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptOutError, match="is no opt-out list"):
        read_opt_out(tmp_path / "binary")


def test_a_wait_is_seconds_or_a_date_and_nothing_else():
    def waits(retry_after):
        return requested_wait(
            {"Retry-After": retry_after, "X-RateLimit-Remaining": "", "X-RateLimit-Reset": "60"}.__getitem__
        )

    soon = format_datetime(datetime.now(UTC) + timedelta(hours=2))
    assert waits("120") == timedelta(minutes=2)
    assert timedelta(hours=1.9) < waits(soon) <= timedelta(hours=2)
    assert waits("9" * 400) == timedelta(days=366)
    beyond = ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2027 00:00:00 -" + "9" * 30)
    for nothing in ("", "soon", "-5", "Mon, 99 Foo 2026", "\u0661", *beyond):
        assert not waits(nothing)


def test_a_limit_that_is_used_up_says_when_it_begins_anew():
    def waits(remaining, reset, retry_after=""):
        said = {"Retry-After": retry_after, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}
        return requested_wait(said.__getitem__)

    in_two_hours = str(int((datetime.now(UTC) + timedelta(hours=2)).timestamp()))
    assert timedelta(hours=1.9) < waits("0", in_two_hours) <= timedelta(hours=2)
    assert waits("0", "90") == timedelta(seconds=90)
    assert waits("0", in_two_hours, "5") == timedelta(seconds=5)
    for nothing in (("1", in_two_hours), ("", in_two_hours), ("0", ""), ("0", "1000000001"), ("0", "-5")):
        assert not waits(*nothing)
