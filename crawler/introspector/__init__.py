"""Lists the tools of one target, whatever it does: `introspect` is all that the rest of the project calls.

Knows no database, no rule, and no source. It never calls a tool and never sends a credential.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from crawler.introspector import containers, images, limits, runtimes, sandbox, workplace
from crawler.introspector.budget import Budget, Stopped
from crawler.introspector.bundles import list_bundle
from crawler.introspector.images import list_image
from crawler.introspector.packages import list_package
from crawler.introspector.remote import list_remote
from crawler.introspector.robots import Robots
from crawler.introspector.sandbox import chosen
from crawler.introspector.session import Listed
from crawler.manners import requested_wait
from crawler.records import Attempt, Introspected, Level, NotIntrospected, Target, TargetKind

__all__ = ["Budget", "Robots", "chosen", "introspect", "shortcomings", "sweep"]

_DEFAULT = Budget()


async def introspect(
    target: Target,
    budget: Budget = _DEFAULT,
    *,
    allow_private: bool = False,
    robots: Robots | None = None,
    level: Level = Level.BUBBLEWRAP,
) -> Introspected | NotIntrospected:
    """List the target's tools, or say why not; never raises for anything that the target does.

    `allow_private` permits loopback and private addresses, for one's own servers; `robots` is asked before a remote is
    (`None`: whoever runs the server wants it asked); `level` says how a package is kept from this machine (`chosen`).
    """
    started_at, clock = datetime.now(UTC), monotonic()
    try:
        if target.kind is TargetKind.REMOTE:
            listed = await list_remote(target, budget, allow_private=allow_private, robots=robots)
            attempt = Attempt("bare", "", None)
        elif target.kind is TargetKind.OCI:
            listed, attempt = await list_image(target, budget, allow_private=allow_private)
        elif target.kind is TargetKind.MCPB:
            listed, attempt = await list_bundle(target, budget, level, allow_private=allow_private)
        else:
            listed, attempt = await list_package(target, budget, level)
    except Stopped as stopped:
        headers = stopped.headers
        wait = requested_wait(lambda name: headers.get(name.lower(), ""))
        return NotIntrospected(
            *(target, started_at, _since(clock), stopped.reason, str(stopped)),
            *(stopped.sign_in, wait or None, stopped.declared),
        )
    return _introspected(target, started_at, _since(clock), listed, attempt)


def sweep() -> int:
    """Remove what crawls left behind that were killed; return the number of packages."""
    return workplace.sweep(images.release)


def shortcomings(level: Level) -> tuple[str, ...]:
    """Return one line for each thing that this machine lacks, so that a crawl can say so before it starts."""
    image_fault = containers.fault()
    images_lack = (f"container images are not introspected: {image_fault[1]}",) if image_fault else ()
    if why := sandbox.fault():
        return (f"packages are not introspected: {why}", *images_lack)
    found = {
        "npm packages are not introspected: node with npm": runtimes.npm(),
        "PyPI packages are not introspected: Python 3.10 or newer": runtimes.python(),
        "PyPI packages are not introspected: uv": runtimes.uv(),
    }
    missing = (
        f"{what} was not found where the sandbox's user can read it" for what, program in found.items() if not program
    )
    return (*missing, *images_lack, *limits.unenforced(level))


def _since(clock: float) -> timedelta:
    return timedelta(seconds=monotonic() - clock)


def _introspected(
    target: Target, started_at: datetime, duration: timedelta, listed: Listed, attempt: Attempt
) -> Introspected:
    return Introspected(
        target=target,
        started_at=started_at,
        duration=duration,
        protocol_version=listed.protocol_version,
        server_info=listed.server_info,
        instructions=listed.instructions,
        tools=tuple(listed.tools),
        pages=listed.pages,
        complete=listed.complete,
        ttl=listed.ttl,
        attempt=attempt,
        malformed=tuple(listed.malformed),
        private=listed.private,
        declared=listed.declared,
    )
