"""Running the patterns; whatever AWS said and no pattern knows is told as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from ecsinfer.diagnose.catalogue import ASIDE, cause
from ecsinfer.diagnose.facts import Facts, alike, distinct
from ecsinfer.diagnose.patterns import PATTERNS
from ecsinfer.diagnose.patterns.telltale import sentence
from ecsinfer.events import Cause
from ecsinfer.kinds.service_verdict import ORDINARY

PATIENCE = timedelta(minutes=3)
"""How long a task may be without a place before that is trouble: managed scaling looks once a
minute, and a group takes its time."""

_CONSEQUENCE = sentence(
    r"^Scaling activity initiated by|Essential container in task exited|^Task stopped by user"
    r"|is DRAINING|\(deployment ecs-svc/\d+\)$"
)
"""Reasons of a stop that say nothing about why."""


def explain(facts: Facts, *, aside: bool = True) -> tuple[Cause, ...]:
    """The causes that the facts show, the deepest first, and what they leave unexplained.

    Args:
        facts: one sweep.
        aside: also those that keep no deployment from being ready; nobody who waits for a rollout
            is helped by them.
    """
    found = [known for pattern in PATTERNS if (known := pattern(facts)) is not None]
    told = [each for each in found if aside or each.code not in ASIDE]
    return (*told, *_unexplained(facts, found), *_denied(facts, told))


def _unexplained(facts: Facts, found: Iterable[Cause]) -> Iterator[Cause]:
    known = {alike(line) for each in found for line in each.evidence}
    left = [text for text in _said(facts) if alike(text) not in known]
    if left:
        yield cause(
            "unexplained",
            "AWS said more than ecsinfer can explain",
            distinct(left),
            "the words are AWS's own: its Troubleshooting section and web searches know many",
        )


def _said(facts: Facts) -> Iterator[str]:
    explained = facts.short and bool(facts.activities)
    for event in facts.events:
        placing = "unable to place" in event.text
        if placing and (explained or facts.now - event.at < PATIENCE or not facts.short):
            continue  # room is on its way, or was found
        if not ORDINARY.search(event.text):
            yield event.text
    yield from (text for text in facts.reasons if not _CONSEQUENCE.search(text))
    yield from _of_groups(facts)
    for target in facts.targets:
        if target.state == "unhealthy" and facts.failed:
            yield f"{target.reason}: {target.description}"


def _of_groups(facts: Facts) -> Iterator[str]:
    for each in facts.activities:
        if facts.short and each.status in ("Failed", "Cancelled"):
            yield each.message


def _denied(facts: Facts, found: Iterable[Cause]) -> Iterator[Cause]:
    if facts.denied and (facts.short or facts.failed or list(found)):
        yield cause(
            "not-allowed-to-look",
            "there may be more to know: these reads were refused",
            facts.denied,
            "allow them: ecsinfer policy prints them all",
        )
