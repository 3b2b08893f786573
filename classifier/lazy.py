"""An attribute that is worked out when it is first asked for. Knows nothing of what is worked out.

`functools.cached_property` does the same, but takes a lock each time in Python 3.11, which costs more than most of what
is worked out here; nothing here is shared between threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801  a decorator
    """Turn a method without arguments into an attribute that replaces itself by its value."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        """Take the method."""
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object | None, owner: type) -> lazy[Value] | Value:
        """Work the value out and keep it in the instance, where it is found first from then on."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work(instance)
        return value
