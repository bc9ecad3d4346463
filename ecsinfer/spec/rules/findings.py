"""What the rules find, and what they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ecsinfer.spec.capacity import StrategyItem
from ecsinfer.spec.models import Spec
from ecsinfer.spec.rules.tasks import Task, task_of
from ecsinfer.spec.service import Service
from ecsinfer.spec.tree import Path


class Finding(NamedTuple):
    """A combination that AWS refuses, or that cannot work.

    Attributes:
        path: the key to look at first.
        text: what is wrong, and why.
        hint: what to write instead.
        because: other keys that it follows from.
    """

    path: Path
    text: str
    hint: str = ""
    because: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Subject:
    """One service of a spec, as the rules look at it."""

    spec: Spec
    key: str

    @cached_property
    def service(self) -> Service:
        """The service."""
        return self.spec.services[self.key]

    @cached_property
    def task(self) -> Task:
        """Its tasks, whether the spec or a task definition describes them."""
        return task_of(self.spec, self.key)

    @cached_property
    def strategy(self) -> dict[str, StrategyItem]:
        """Its capacity provider strategy."""
        return self.spec.strategy(self.key)

    @property
    def on_fargate(self) -> bool:
        """Whether it runs on Fargate."""
        return self.spec.on_fargate(self.key)

    @property
    def on_instances(self) -> bool:
        """Whether it runs on instances, of an Auto Scaling group or managed ones."""
        return bool(self.strategy) and not self.on_fargate

    def at(self, *steps: str | int) -> Path:
        """The path of something in the service."""
        return ("services", self.key, *steps)

    def find(self, where: str, text: str, hint: str = "", because: tuple[str, ...] = ()) -> Finding:
        """A finding about a dotted key of the service."""
        return Finding(
            self.at(*where.split(".")),
            text,
            hint,
            tuple(self.at(*key.split(".")) for key in because),
        )


Findings: TypeAlias = Iterator[Finding]
ServiceRule: TypeAlias = Callable[[Subject], Findings]
SpecRule: TypeAlias = Callable[[Spec], Findings]
