"""Keeps a tool to some of what it can do, by the verdict on the values of its arguments. Knows no rate and no posture.

The arguments are those that choose among several actions, and switches such as a dry run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from catalogue.policies.document import Denial, Operator, Predicate, Scalar, spelled
from catalogue.policies.parameters import Argument, arguments_of, node_at
from catalogue.policies.place import is_scalar, shown
from classifier.schema import Parameter
from classifier.verdict import ActionVerdict, Category, EffectArgument, Verdict

_MOST_NAMED = 8
"""Values named in one sentence; the rule itself has them all."""


class Narrowing(NamedTuple):
    """What a tool can still do (never empty), the denials that keep it to that, and a sentence for each parameter."""

    categories: frozenset[Category]
    denials: tuple[Denial, ...] = ()
    reasons: tuple[str, ...] = ()


_AS_IT_IS: Mapping[Category, Narrowing] = {category: Narrowing(frozenset({category})) for category in Category}


def narrow(definition: Mapping[str, Any], verdict: Verdict, accepted: Collection[Category]) -> Narrowing | None:
    """How calls of the tool can be kept to the accepted categories; `None` if they cannot.

    Only values known to be accepted stay: one that is not classified would be a gamble in a tool that can do worse, and
    a list of what is allowed also stops values that the schema does not name, or spells in other capitals. Where both
    its actions and a switch can keep a call harmless, one of them has to.
    """
    if not verdict.actions and not verdict.arguments:  # as of most tools
        return _AS_IT_IS[verdict.category] if verdict.category in accepted else None
    choices = [actions for actions in _by_parameter(verdict) if any(one.category not in accepted for one in actions)]
    if verdict.category in accepted and not choices:
        return _AS_IT_IS[verdict.category]
    arguments = {argument.parameter.path: argument for argument in arguments_of(definition)}
    known = frozenset(accepted) - {Category.UNCLASSIFIED}
    by_action = None
    if verdict.category in accepted or verdict.category in {action.category for action in verdict.actions}:
        kept = [_kept(definition, arguments.get(actions[0].parameter), actions, known) for actions in choices]
        own = {verdict.category} & set(accepted)  # what it does whichever action is chosen, such as any request
        by_action = _joined(own, (one for one in kept if one)) if all(kept) else None
    tamed = (_kept(definition, arguments.get(one.parameter), one.values, known) for one in _switches(verdict))
    by_switch = next(filter(None, tamed), None)
    return _either(by_action, by_switch) if by_action and by_switch else by_action or by_switch


def _switches(verdict: Verdict) -> list[EffectArgument]:
    """Those with which something is known of each value, first those that tame a call for the strictest reader, too.

    One narrows every posture that way, so that a stricter posture never allows a call that a milder one does not.
    """
    known = [one for one in verdict.arguments if one.values]
    return sorted(known, key=lambda one: Category.READ not in {value.category for value in one.values})


def _either(one: Narrowing, other: Narrowing) -> Narrowing:
    """Deny what both deny."""
    return Narrowing(
        one.categories | other.categories,
        tuple(
            Denial(a.conditions + b.conditions, f"{a.on_deny.rstrip('.')}, unless a switch tames it: {b.on_deny}")
            for a, b in product(one.denials, other.denials)
        ),
        ("One of these is enough to let a call through.", *one.reasons, *other.reasons),
    )


def _by_parameter(verdict: Verdict) -> Iterable[list[ActionVerdict]]:
    found: dict[str, list[ActionVerdict]] = {}
    for action in verdict.actions:
        found.setdefault(action.parameter, []).append(action)
    return found.values()


def _joined(categories: Iterable[Category], narrowings: Iterable[Narrowing]) -> Narrowing:
    joined = Narrowing(frozenset(categories))
    for one in narrowings:
        joined = Narrowing(
            joined.categories | one.categories, joined.denials + one.denials, joined.reasons + one.reasons
        )
    return joined


def _kept(
    definition: Mapping[str, Any],
    argument: Argument | None,
    actions: Collection[ActionVerdict],
    known: Collection[Category],
) -> Narrowing | None:
    """The tool with one parameter kept to its known values; `None` if it has none, or has no path to it."""
    refused = {action.value for action in actions if action.category not in known}
    good = tuple(action for action in actions if action.value not in refused)
    if argument is None or argument.values is None or not good:
        return None
    parameter, path = argument.parameter, argument.values
    values = tuple(dict.fromkeys(action.value for action in good))
    allowed = f"{shown(parameter.path)} may only be {_listed(values)}"
    one_of = Predicate(path, Operator.NOT_IN, tuple(_typed(parameter, value) for value in values))
    denials = [Denial((one_of,), f"{allowed}; anything else needs a person's approval.")]
    if _implied(definition, parameter) not in values:
        denials.append(Denial((Predicate(path, Operator.EXISTS, False),), f"{allowed}, and it must be given."))
    worse = tuple(
        dict.fromkeys(f"{shown(one.value)} is {one.category.value}" for one in actions if one.value in refused)
    )
    reason = f"{allowed}: {_shortened(worse, ' and ')}."
    return Narrowing(frozenset(action.category for action in good), tuple(denials), (reason,))


def _typed(parameter: Parameter, value: str) -> Scalar:
    """The value as the schema has it: verdicts spell values as text."""
    known = (True, False) if "boolean" in parameter.types else parameter.enum
    return next((one for one in known if is_scalar(one) and spelled(one) == value), value)


def _implied(definition: Mapping[str, Any], parameter: Parameter) -> str | None:
    """The value that a call has which does not give the parameter, spelled as text; `None` where the schema is silent.

    A switch that is not given is off.
    """
    default = node_at(definition, parameter.pointer).get("default")
    if default is None and set(parameter.types) == {"boolean"}:
        default = False
    return spelled(default) if is_scalar(default) else None


def _listed(values: tuple[str, ...]) -> str:
    return _shortened(tuple(shown(value) for value in values), " or ")


def _shortened(items: tuple[str, ...], last: str) -> str:
    if len(items) > _MOST_NAMED:
        items = (*items[:_MOST_NAMED], f"{len(items) - _MOST_NAMED} more")
    return ", ".join(items[:-1]) + last + items[-1] if len(items) > 1 else "".join(items)
