"""Asking ``diagnose`` about the services of a spec, through one gateway and one clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsinfer.events import Cause
    from ecsinfer.model import Clock, Reader
    from ecsinfer.spec import Spec


def explainer(
    reader: Reader, clock: Clock, spec: Spec
) -> Callable[[str, Mapping[str, str]], tuple[Cause, ...]]:
    """What tells the causes that keep a node from being ready; only services have any.

    It takes the node's key and what the calls on the node saved in this run.
    """

    def explain(key: str, saved: Mapping[str, str]) -> tuple[Cause, ...]:
        kind, _, name = key.partition("/")
        if kind != "service" or name not in spec.services:  # one that is only to go
            return ()
        deployment = saved.get("deployment", "")
        return causes_of(reader, clock, spec, name, deployment, aside=False) or ()

    return explain


def causes_of(
    reader: Reader, clock: Clock, spec: Spec, name: str, deployment: str = "", *, aside: bool = True
) -> tuple[Cause, ...] | None:
    """The causes of a service, by its key in the spec; None when the service is not there.

    Without `aside` only those that may keep its deployment from being ready.
    """
    from ecsinfer import diagnose
    from ecsinfer.reconcile.observe import observe

    subject = diagnose.Subject(spec.cluster_name, spec.service_name(name), deployment, name)
    facts = observe(reader, {name: diagnose.gather(subject, clock.now())})[name]
    return None if facts is None else diagnose.explain(facts, aside=aside)
