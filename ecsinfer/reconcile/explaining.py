"""Asking why a node is not ready: not at every look, and each cause told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from ecsinfer import events
from ecsinfer.errors import EcsInferError
from ecsinfer.events import Cause
from ecsinfer.model import Clock

Explain: TypeAlias = Callable[[str, Mapping[str, str]], tuple[Cause, ...]]
"""The causes that keep a node, by its key and what the calls on it saved, from being ready."""

EVERY = timedelta(seconds=40)
"""Between two questions about a node that is on its way: with the polls' own pause, a cause is
told within a minute of its first sign, and a rollout that goes well costs few reads."""


def no_idea(_key: str, _saved: Mapping[str, str]) -> tuple[Cause, ...]:
    """What is asked where nobody can explain anything."""
    return ()


@dataclass(slots=True)
class Explaining:
    """Asks, and remembers what was told.

    Attributes:
        explain: knows the causes.
        clock: what time it is.
        emit: is told of every cause that is new for its node.
    """

    explain: Explain
    clock: Clock
    emit: events.Emit
    _asked: dict[str, datetime] = field(default_factory=dict)
    _told: dict[str, set[str]] = field(default_factory=dict)

    def on_the_way(self, key: str, saved: Mapping[str, str]) -> None:
        """The node is not ready yet; ask if that was not done just now."""
        last = self._asked.setdefault(key, self.clock.now())
        if self.clock.now() - last >= EVERY:
            self.ask(key, saved)

    def ask(self, key: str, saved: Mapping[str, str]) -> tuple[Cause, ...]:
        """The causes now; a question that fails is no failure of the run."""
        self._asked[key] = self.clock.now()
        try:
            causes = self.explain(key, saved)
        except EcsInferError as error:
            self.emit(events.Warned(f"could not look for the cause: {error}", node=key))
            return ()
        told = self._told.setdefault(key, set())
        fresh = tuple(each for each in causes if each.code not in told)
        told.update(each.code for each in fresh)
        if fresh:
            self.emit(events.Explained(key, fresh))
        return causes
