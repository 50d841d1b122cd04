"""One description of a method for two kinds of caller.

A method decorated with `verb` is a generator of exchanges. On an object that blocks it is called
as a plain function and returns the result; on one that awaits it is a coroutine function. Type
checkers see the real signature and result of both, so nothing is written twice.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from xagent_client.exchange import Call

P = ParamSpec("P")
T = TypeVar("T")


class Blocking(ABC):
    """Carries calls out while its caller waits."""

    @abstractmethod
    def perform(self, call: Call[T]) -> T:
        """Carry *call* out and return its result."""


class Awaiting(ABC):
    """Carries calls out for a caller that awaits."""

    @abstractmethod
    async def perform(self, call: Call[T]) -> T:
        """Carry *call* out and return its result."""


class Verb(Generic[P, T]):
    """A method that fits both `Blocking` and `Awaiting` objects."""

    def __init__(self, exchanges: Callable[Concatenate[Any, P], Call[T]]) -> None:
        """Wrap the generator function *exchanges*."""
        self._exchanges = exchanges
        self.__doc__ = exchanges.__doc__
        self.__name__ = exchanges.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(
        self, instance: Blocking | Awaiting | None, owner: type
    ) -> Self | Callable[P, T] | Callable[P, Coroutine[Any, Any, T]]:
        """Bind to *instance*, which decides whether the method blocks or is awaited."""
        if instance is None:
            return self
        performer = instance
        exchanges: Callable[P, Call[T]] = self._exchanges.__get__(instance)

        @functools.wraps(exchanges)
        def bound(*args: P.args, **kwargs: P.kwargs) -> T | Coroutine[Any, Any, T]:
            return performer.perform(exchanges(*args, **kwargs))

        return bound  # type: ignore[return-value]  # which of the two depends on the instance


def verb(exchanges: Callable[Concatenate[Any, P], Call[T]]) -> Verb[P, T]:
    """Make a method of a generator of exchanges."""
    return Verb(exchanges)
