"""All guards there are, in the order in which a rule has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catalogue.policies.guards.calls import WITH_A_REASON, bulk_guards, code_guards, reason_guards, switch_guards
from catalogue.policies.guards.files import file_guards
from catalogue.policies.guards.guard import Guard, Subject
from catalogue.policies.guards.money import money_guards
from catalogue.policies.guards.recipients import recipient_guards
from catalogue.policies.guards.statements import statement_guards
from catalogue.policies.guards.urls import url_guards
from classifier.verdict import Verdict

_ALL: tuple[Callable[[Subject], Iterator[Guard]], ...] = (
    file_guards,
    url_guards,
    statement_guards,
    recipient_guards,
    money_guards,
    switch_guards,
    bulk_guards,
    reason_guards,
    code_guards,
)


def may_guard(verdict: Verdict) -> bool:
    """Whether there can be a guard for a tool: of most there is none, which is worth the shortcut."""
    return bool(verdict.signals or verdict.arguments or verdict.category in WITH_A_REASON)


def guards(subject: Subject) -> tuple[Guard, ...]:
    """Everything that the arguments of a tool call for, each once."""
    return tuple(dict.fromkeys([guard for guards_of in _ALL for guard in guards_of(subject)]))
