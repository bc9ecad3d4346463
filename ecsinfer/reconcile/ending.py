"""How a run ended: from the errors of its nodes to one outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ecsinfer.errors import (
    AwsDeniedError,
    BusyError,
    EcsInferError,
    InterruptedRunError,
    NotAttemptedError,
    PlanStaleError,
    RolloutFailedError,
    TimedOutError,
)
from ecsinfer.events import Cause, Outcome, some

STATUS: tuple[tuple[type[EcsInferError], str], ...] = (
    (InterruptedRunError, "interrupted"),
    (PlanStaleError, "stale"),
    (BusyError, "busy"),
    (TimedOutError, "timed-out"),
    (AwsDeniedError, "denied"),
    (RolloutFailedError, "failed"),
    (EcsInferError, "failed"),
)
"""Error -> how a run that it ended is called; the first that fits."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a node that was not brought to its goal."""

    node: str
    error: EcsInferError
    evidence: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()


def ended_by(error: EcsInferError) -> Outcome:
    """The outcome of a run that one error ended."""
    status = next(name for cls, name in STATUS if isinstance(error, cls))
    return Outcome(status, error.exit_code, error=str(error), hint=error.hint)


def failed(failures: Sequence[Failure], outputs: Mapping[str, Mapping[str, str]]) -> Outcome:
    """The outcome of a run in which nodes failed; the first of them gives the exit code."""
    return replace(
        ended_by(failures[0].error),
        outputs=outputs,
        error="\n".join(_told(failures)),
        evidence=tuple(dict.fromkeys(line for each in failures for line in each.evidence)),
        causes=tuple(_merged(failures)),
    )


def _told(failures: Iterable[Failure]) -> Iterator[str]:
    """What went wrong, a line each; what was not attempted on one line for each reason."""
    left: dict[str, list[str]] = {}
    for failure in failures:
        if isinstance(failure.error, NotAttemptedError):
            left.setdefault(failure.error.because, []).append(failure.node)
        else:
            yield str(failure.error)
    for because, nodes in left.items():
        yield f"not attempted, because {because} failed: {some(nodes)}"


def _merged(failures: Iterable[Failure]) -> Iterable[Cause]:
    """Every cause once, with the nodes that have it; those of a fleet mostly share theirs."""
    found: dict[tuple[str, str], Cause] = {}
    for failure in failures:
        for cause in failure.causes:
            known = found.setdefault(cause.key, cause)
            found[cause.key] = replace(known, nodes=(*known.nodes, failure.node))
    return found.values()
