"""Everything that happens is one of these events; a sink is a callable that takes them.

The JSON form is versioned by `VERSION`: fields and types are only added within a major version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

VERSION = "1.2"

_NUMBER = re.compile(r"\d+")
_MOST_NAMED = 5

NOT_THERE = "there is none"
"""Why a destroy keeps a node that is not there."""

NOT_WANTED = "there is none, and none is wanted"
"""Why a deploy keeps a node that is not there."""


@dataclass(frozen=True, slots=True)
class Started:
    """The first event of a run: what is done to which application, and where."""

    command: str
    application: str
    account: str
    region: str
    endpoint: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan is made; `actions` counts nodes by verb, `writes` counts API calls."""

    actions: Mapping[str, int]
    writes: int


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """The executor turns to a node."""

    node: str
    verb: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CallSent:
    """An API call that changes something goes out."""

    node: str
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class CallRetried:
    """AWS said "not now"; the call is repeated after `seconds`."""

    node: str
    operation: str
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ResponseLost:
    """An answer never came; the node is observed again before anything is resent (I7)."""

    node: str
    operation: str
    applied: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The world is on its way: one event per poll.

    Attributes:
        why: what is being waited for.
        elapsed: seconds waited so far.
        within: seconds after which the wait is given up.
        progress: numbers for a display (desired, running, pending, ...).
    """

    node: str
    why: str
    elapsed: float
    within: float
    progress: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something does not come up, as far as AWS shows it.

    Attributes:
        code: stable name of the cause, such as ``image-not-found``; README lists them all.
        title: one line for a human.
        evidence: what AWS and the containers said, verbatim.
        advice: what to do about it, the likeliest first.
        nodes: whose cause it is, in the outcome of a run.
    """

    code: str
    title: str
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What is equal for causes that differ by numbers only: two tasks wait, or three."""
        return self.code, _NUMBER.sub("", self.title)


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a node is not ready, told once for every cause that was not told before."""

    node: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """A node is done."""

    node: str
    verb: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """A node could not be brought to its goal."""

    node: str
    verb: str
    error: str
    hint: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionSkipped:
    """A node was left as it is, since `because`, which it needs, failed."""

    node: str
    verb: str
    because: str


@dataclass(frozen=True, slots=True)
class Retained:
    """A destroy, or a deploy that prunes, left this in place."""

    node: str
    why: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know that stops nothing."""

    text: str
    node: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a run; `causes` hold as it ends, where something failed."""

    status: str
    exit_code: int
    seconds: float
    reads: int
    writes: int
    outputs: Mapping[str, Any] = field(default_factory=dict)
    hint: str = ""
    error: str = ""
    causes: tuple[Cause, ...] = ()


Event: TypeAlias = (
    Started
    | Planned
    | ActionStarted
    | CallSent
    | CallRetried
    | ResponseLost
    | Waiting
    | Explained
    | ActionFinished
    | ActionFailed
    | ActionSkipped
    | Retained
    | Warned
    | Finished
)

Emit: TypeAlias = Callable[[Event], None]

EVENTS: Mapping[str, type[Event]] = {
    "started": Started,
    "planned": Planned,
    "action_started": ActionStarted,
    "call_sent": CallSent,
    "call_retried": CallRetried,
    "response_lost": ResponseLost,
    "waiting": Waiting,
    "explained": Explained,
    "action_finished": ActionFinished,
    "action_failed": ActionFailed,
    "action_skipped": ActionSkipped,
    "retained": Retained,
    "warned": Warned,
    "finished": Finished,
}
_NAMES = {cls: name for name, cls in EVENTS.items()}


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object; ``type`` tells which one it is."""
    return {"type": _NAMES[type(event)], **asdict(event)}


def from_json(data: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote.

    Raises:
        ValueError: the type is not known.
    """
    fields = dict(data)
    name = fields.pop("type", None)
    if name not in EVENTS:
        raise ValueError(f"unknown event type {name!r}")
    if "evidence" in fields:
        fields["evidence"] = tuple(fields["evidence"])
    if "causes" in fields:
        fields["causes"] = tuple(_cause(each) for each in fields["causes"])
    return EVENTS[name](**fields)


def _cause(data: Mapping[str, Any]) -> Cause:
    lists = (tuple(data.get(name, ())) for name in ("evidence", "advice", "nodes"))
    return Cause(data["code"], data["title"], *lists)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: ``done``, ``nothing-to-do``, ``failed``, ``timed-out``, ``interrupted``, ...
        exit_code: what the process exits with.
        outputs: node key -> its outputs.
        error: what went wrong, empty when nothing did.
        hint: what to try next.
        evidence: what AWS said, verbatim.
        causes: why what failed did, as far as AWS shows it.
    """

    status: str
    exit_code: int = 0
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    error: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()


def duration(seconds: float) -> str:
    """Seconds as a person says them: ``45s``, ``3m 05s``, ``1h 02m``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def plural(count: int, noun: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def are(count: int) -> str:
    """``is`` of one, ``are`` of several."""
    return "is" if count == 1 else "are"


def some(names: Sequence[str]) -> str:
    """Names in a sentence: as many as a person reads, for a fleet's would fill the screen."""
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
