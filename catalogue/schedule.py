"""When a target is asked again. Pure: knows neither the database nor the clock.

Come back as soon as something may have changed, and leave the dead and the closed in peace.
"""

from __future__ import annotations

from datetime import timedelta

from crawler.records import Introspected, NotIntrospected, Reason, TargetKind

PATIENCE = 3
"""Failures in a row after which a target that listed its tools before no longer speaks for its server."""

_LIVE = timedelta(days=1)
_PACKAGE = timedelta(days=7)  # a version's tools do not change; a new version is due as soon as a source lists it
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=30)  # bounds for a server's own `ttlMs`
_CLOSED = timedelta(days=30)
_NEXT_RUN = timedelta(seconds=1)
_FIRST_RETRY = timedelta(hours=1)

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
    if isinstance(outcome, Introspected):
        usual = _LIVE if outcome.target.kind is TargetKind.REMOTE else _PACKAGE
        return usual if outcome.ttl is None else min(max(outcome.ttl, _SHORTEST), _LONGEST)
    if outcome.reason in _OURS:
        return _NEXT_RUN
    if outcome.reason in _WALLS:
        return _CLOSED
    doublings: int = min(max(failures, 1) - 1, 10)
    backing_off = min(_FIRST_RETRY * (1 << doublings), _CLOSED)
    return min(max(backing_off, outcome.retry_after or backing_off), _CLOSED)
