"""Guards for how a tool is called: switches that make it worse, long lists, a reason, code that a person should see."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.policies.document import Approval, Denial, Operator, Predicate, spelled
from catalogue.policies.guards.guard import Guard, Subject
from catalogue.policies.parameters import node_at
from catalogue.policies.place import is_scalar, shown
from classifier.verdict import EFFECTS, Category, Effect

_WORSE = frozenset({Effect.FORCE, Effect.PERMANENT, Effect.CASCADE, Effect.OVERWRITE})
WITH_A_REASON = frozenset({Category.EXECUTE, Category.FINANCIAL})
"""What a call says why it is made for, where its tool takes a reason."""
_REASONS = frozenset({"reason", "justification"})
_MOST_AT_ONCE = 20
"""Members of a list of targets: what a person can still look through, and less than most accounts hold."""


def switch_guards(subject: Subject) -> Iterator[Guard]:
    """Guards against switches that make a call worse. In the permissive posture a person is asked."""
    if subject.reads or not subject.verdict.arguments:
        return
    arguments = {argument.parameter.path: argument for argument in subject.arguments}
    for switch in subject.verdict.arguments:
        argument = arguments.get(switch.parameter)
        if switch.effect not in _WORSE or switch.dangerous is None or argument is None or argument.path is None:
            continue
        name = shown(switch.parameter)
        text = f"{name} {EFFECTS[switch.effect]}: leave it {'off' if switch.dangerous else 'on'}."
        fits = [(Predicate(argument.path, Operator.NEQ, not switch.dangerous),)]
        if _is_default(subject, argument.parameter.pointer, dangerous=switch.dangerous):
            fits.append((Predicate(argument.path, Operator.EXISTS, False),))
        reason = f"{name} {EFFECTS[switch.effect]}, so {'it is refused' if subject.full else 'a person is asked'}."
        if subject.full:
            yield Guard(reason, deny_if=tuple(Denial(one, text) for one in fits))
        else:
            yield Guard(reason, ask_if=tuple(Approval(one, text) for one in fits))


def _is_default(subject: Subject, pointer: str, *, dangerous: bool) -> bool:
    default = node_at(subject.definition, pointer).get("default")
    return is_scalar(default) and spelled(default) == spelled(dangerous)


def bulk_guards(subject: Subject) -> Iterator[Guard]:
    """Guards against lists of targets that are too long to look through."""
    for argument in subject.pointed_at("bulk") if subject.full and not subject.reads else ():
        if argument.path is None or set(argument.parameter.types) - {"null"} != {"array"}:
            continue
        name = shown(argument.parameter.path)
        longer = Predicate(f"{argument.path}[{_MOST_AT_ONCE}]", Operator.EXISTS, True)
        text = f"{name} may have {_MOST_AT_ONCE} members at most."
        yield Guard(
            f"One call acts on all of {name}: {_MOST_AT_ONCE} at once are enough.", deny_if=(Denial((longer,), text),)
        )


def reason_guards(subject: Subject) -> Iterator[Guard]:
    """Guards that ask for a reason where the tool takes one and a person or a log should have it."""
    if not subject.full or subject.narrowed or subject.verdict.category not in WITH_A_REASON:
        return
    for argument in subject.arguments:
        if argument.path and argument.parameter.depth == 0 and set(argument.parameter.words[-1:]) & _REASONS:
            given = Predicate(argument.path, Operator.EXISTS, True)
            yield Guard(
                f"{shown(argument.parameter.path)} must be given: what a call is for stands beside it.",
                require=(given,),
            )


def code_guards(subject: Subject) -> Iterator[Guard]:
    """Guards that show a person the code or the command before it runs."""
    if subject.full and not subject.reads and "code" in subject.signals and not subject.narrowed:
        text = "It runs the code or command of the call, which can do anything: look at it first."
        yield Guard("What it runs can do anything, so a person looks at each call first.", ask_if=(Approval((), text),))
