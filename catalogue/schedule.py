"""When a target is asked again. Pure: knows neither the database nor the clock.

Come back as soon as something may have changed, and leave the dead and the closed in peace.
"""

from __future__ import annotations

from datetime import timedelta

from crawler.records import Introspected, NotIntrospected, Reason, TargetKind

PATIENCE = 3
"""Failures in a row after which a target that listed its tools before no longer speaks for its server."""

_LIVE = timedelta(days=1)
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=30)
"""Bounds for a remote's own `ttlMs`. Zero is no promise: the official SDKs say it for whoever says nothing."""

_PACKAGE = timedelta(days=7)
"""A version of a package lists the same tools tomorrow, and a new version is due as soon as a source names it: what is
left to see is a dependency that was not pinned. Its `ttlMs` tells a client how long the running process will say the
same, which is no reason to install it again."""

_CLOSED = timedelta(days=30)
_NEXT_RUN = timedelta(seconds=1)
_FIRST_RETRY, _FIRST_RETRY_OF_PACKAGE = timedelta(hours=1), timedelta(days=1)
"""Doubled with each failure in a row. A remote may be down for a while; a package fails again the same way, unless
it was its registry's fault."""

_OURS = frozenset({Reason.NO_SANDBOX, Reason.NO_RUNTIME})
"""Says something of this machine and nothing of the target."""
_WALLS = frozenset(
    {Reason.SIGN_IN, Reason.PAYMENT, Reason.FORBIDDEN, Reason.NEEDS_CONFIGURATION, Reason.UNSUPPORTED,
     Reason.DISALLOWED, Reason.OPTED_OUT, Reason.NEEDS_NETWORK, Reason.NO_COMMAND}
)  # fmt: skip


def is_fault_of_ours(outcome: Introspected | NotIntrospected) -> bool:
    """Say whether the attempt failed for what this machine lacks."""
    return isinstance(outcome, NotIntrospected) and outcome.reason in _OURS


def wait(outcome: Introspected | NotIntrospected, failures: int) -> timedelta:
    """Return how long after the attempt the target is due again; `failures` counts this attempt too."""
    remote = outcome.target.kind is TargetKind.REMOTE
    if isinstance(outcome, Introspected):
        if not remote:
            return _PACKAGE
        return min(max(outcome.ttl, _SHORTEST), _LONGEST) if outcome.ttl else _LIVE
    if outcome.reason in _OURS:
        return _NEXT_RUN
    if outcome.reason in _WALLS:
        return _CLOSED
    doublings: int = min(max(failures, 1) - 1, 10)
    first = _FIRST_RETRY if remote else _FIRST_RETRY_OF_PACKAGE
    return min(max(first * (1 << doublings), outcome.retry_after or timedelta()), _CLOSED)
