"""The vocabulary of the reconciler: what is wanted, what is seen, what will be called.

Everything here is data. Nothing here, and nothing that a `Kind` does, talks to AWS: reads and
writes are values (`Read`, `Call`) that the gateway in ``aws/`` carries out.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

Answer: TypeAlias = Mapping[str, Any]
"""A response of AWS as botocore parsed it, without ``ResponseMetadata``."""

_REF = re.compile(r"\$\{(?P<node>[a-z-]+/[^#}]+)#(?P<output>[a-z_]+)\}")


class Ref(str):
    """The promise of another node's output, such as ``${task-definition/llm#arn}``.

    A Ref is bound (replaced by a plain string) as soon as its target is known: at plan time when
    the target is kept, after the target's action otherwise.
    """

    __slots__ = ()

    @classmethod
    def to(cls, node: str, output: str) -> Ref:
        """The reference to one output of one node."""
        return cls(f"${{{node}#{output}}}")


def bind(value: Any, outputs: Mapping[str, Mapping[str, str]]) -> Any:
    """Replace every Ref in `value` whose target's output is in `outputs`; leave the others.

    Strings are replaced by content, not by type, because a saved plan has lost the type.
    Works through mappings, sequences and dataclasses, so that a node's whole `desired` can be bound.
    """
    if isinstance(value, str):
        return _bind_text(value, outputs)
    if isinstance(value, Mapping):
        return {key: bind(item, outputs) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(bind(item, outputs) for item in value)
    if isinstance(value, list):
        return [bind(item, outputs) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: bind(getattr(value, each.name), outputs) for each in fields(value)}
        )
    return value


def _bind_text(text: str, outputs: Mapping[str, Mapping[str, str]]) -> str:
    match = _REF.fullmatch(text)
    if match is None:
        return text
    return outputs.get(match["node"], {}).get(match["output"], text)


def unbound(value: Any) -> bool:
    """Whether `value` is, or holds, a Ref whose target is not known yet."""
    if isinstance(value, str):
        return _REF.fullmatch(value) is not None
    if isinstance(value, Mapping):
        return any(unbound(item) for item in value.values())
    if isinstance(value, Sequence):
        return any(unbound(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return any(unbound(getattr(value, each.name)) for each in fields(value))
    return False


@dataclass(frozen=True, slots=True)
class Read:
    """A question to AWS as data; equal questions are asked once.

    Attributes:
        service: botocore's service name, such as ``ecs``.
        operation: the API operation, always a Describe, List, Get, Batch or Filter read.
        params: its parameters.
        batch: the list parameter by which reads that are equal otherwise are merged into one call
            (``services``); every asker gets the merged answer and picks its own entries.
        limit: how many entries of `batch` one call may carry.
        items: the list member of the answer to gather over all pages; empty when not paged.
        absent_on: error codes, each optionally ``Code: message substring``, that mean "there is
            no such thing"; the answer is then an empty mapping.
        optional: when the caller may not ask, the answer is ``{"denied": "<action>"}`` instead of
            an error.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    batch: str = ""
    limit: int = 0
    items: str = ""
    absent_on: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """An API call that changes something, as data.

    Attributes:
        service: botocore's service name.
        operation: the API operation, such as ``CreateCluster``.
        params: its parameters; may hold Refs until the call is sent.
        saves: output name -> dotted path into the response; what a Ref to this node, and the
            node's own `Kind.verdict`, may use afterwards.
        retry_on: rows of the retry table (``aws/retry.py``) that mean "not now" for this call,
            beside throttling, which every call waits out.
        parts: the list parameter whose entries stand each for itself, if there is one: a call
            with fewer of them does less, and nothing else. A list that replaces another does not.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    saves: Mapping[str, str] = field(default_factory=dict)
    retry_on: frozenset[str] = frozenset()
    parts: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait for the world: until the node's verdict is Ready, or until the node is gone.

    Attributes:
        goal: ``ready`` or ``gone``.
        within: seconds until the wait is given up.
    """

    goal: Literal["ready", "gone"]
    within: float


Step: TypeAlias = Call | Settle


@dataclass(frozen=True, slots=True)
class Ready:
    """The world is as desired."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The world is on its way.

    Attributes:
        why: one line for a human.
        progress: numbers for a display (desired, running, ...), all optional.
    """

    why: str
    progress: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The world will not get there by waiting.

    Attributes:
        why: one line for a human.
        evidence: what AWS said, verbatim.
        superseded: somebody else's deployment took the place of ours (exit code 5, not 3).
        hint: what to try, where it is not to correct the cause.
    """

    why: str
    evidence: tuple[str, ...] = ()
    superseded: bool = False
    hint: str = ""


Verdict: TypeAlias = Ready | Pending | Failed


class Verb(enum.Enum):
    """What a plan does with a node."""

    CREATE = "create"
    UPDATE = "update"
    REVISE = "revise"  # register a new revision of a task definition
    REPLACE = "replace"  # delete, wait, create
    DELETE = "delete"
    AWAIT = "await"  # nothing to write, but the world is not ready yet
    KEEP = "keep"
    RETAIN = "retain"  # destroy leaves it, and says why


Effect: TypeAlias = Literal["in-place", "new-revision", "rollout", "replace"]


@dataclass(frozen=True, slots=True)
class Change:
    """One declared field that differs.

    Attributes:
        path: dotted path in AWS's own names.
        old: what AWS has (None when absent); secrets never appear here.
        new: what the spec wants.
        effect: what changing it does to the running tasks.
        tasks: how many tasks a rollout or a replacement of a service replaces.
    """

    path: str
    old: Any
    new: Any
    effect: Effect = "in-place"
    tasks: int = 0


D = TypeVar("D", contravariant=True)
O = TypeVar("O")  # noqa: E741  O for observed, beside D for desired

Observation: TypeAlias = Generator[tuple[Read, ...], tuple[Answer, ...], O]
"""Yields the reads of one round trip, is sent their answers in order, returns what it saw.

The planner drives the observations of all nodes in step, so that all reads of a round go out
together and mergeable ones as one call."""


class Kind(Protocol[D, O]):
    """All that ecsinfer knows of one AWS resource. Every method but none is pure.

    Laws (the suite in ``tests/laws``): a plan after an apply is empty; `steps` are idempotent
    when repeated after a crash; `verdict` is total over AWS's enums.
    """

    name: ClassVar[str]

    def observe(self, desired: D, saved: Mapping[str, str]) -> Observation[O | None]:
        """What is there; None is this kind's one meaning of "absent".

        `saved` holds what this run's own calls on the node saved; it is empty while planning.
        """
        ...

    def diff(self, desired: D, observed: O | None) -> tuple[Verb, tuple[Change, ...]]:
        """What differs, of what the spec declares.

        Raises:
            OwnershipError: it exists and is not ours.
        """
        ...

    def steps(self, desired: D, observed: O | None, verb: Verb) -> tuple[Step, ...]:
        """The calls and waits that carry out `verb`."""
        ...

    def teardown(self, desired: D, observed: O | None) -> tuple[Verb, str, tuple[Step, ...]]:
        """DELETE, RETAIN or KEEP; why; and the steps. KEEP means there is nothing to do."""
        ...

    def verdict(self, desired: D, observed: O | None, saved: Mapping[str, str]) -> Verdict:
        """How far the world is; total over every status AWS can answer."""
        ...

    def outputs(self, desired: D, observed: O) -> Mapping[str, str]:
        """What a Ref to this node may point at."""
        ...


@dataclass(frozen=True, slots=True)
class Node(Generic[D, O]):
    """One resource of the application.

    Attributes:
        kind: what knows about it.
        name: unique among the nodes of its kind.
        desired: what the spec wants; the kind's own frozen dataclass.
        needs: keys of the nodes that must be ready before this one is touched.
        after: keys of the nodes whose calls come first, but whose waits need not be over (a
            scalable target is registered while its service still rolls, K).
        unwanted: whether the spec does not want it any more: a deploy removes it as a destroy
            does, once everything that is wanted is there.
    """

    kind: Kind[D, O]
    name: str
    desired: D
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    unwanted: bool = False

    @property
    def key(self) -> str:
        """``kind/name``: the node's name in plans, events and Refs."""
        return f"{self.kind.name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Action:
    """What a plan does with one node.

    Attributes:
        node: the node's key.
        verb: what happens.
        changes: the fields that differ.
        steps: the calls and waits, frozen; empty for KEEP and RETAIN.
        why: the reason, where the verb alone does not tell it.
    """

    node: str
    verb: Verb
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a plan applies.

    Attributes:
        account: the AWS account id.
        region: the AWS region.
        endpoint: the endpoint URL, empty for AWS itself.
    """

    account: str
    region: str
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The frozen answer to "what would you do": the only thing that can be executed.

    Attributes:
        application: the spec's name.
        target: where it applies.
        intent: ``deploy`` or ``destroy``.
        actions: in the order of execution.
    """

    application: str
    target: Target
    intent: Literal["deploy", "destroy"]
    actions: tuple[Action, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing would be written and nothing is awaited."""
        return all(action.verb in (Verb.KEEP, Verb.RETAIN) for action in self.actions)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every write of the plan, in order."""
        return tuple(step for a in self.actions for step in a.steps if isinstance(step, Call))


class Reader(Protocol):
    """The reading half of the gateway."""

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        """Answer all reads, together and merged where they can be; the order is kept."""
        ...


class Writer(Protocol):
    """The writing half of the gateway."""

    def execute(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        """Carry out one call, waiting out what `call.retry_on` names.

        `notify` is told the reason and the seconds of every wait.

        Raises:
            AwsError: AWS refused it.
            AwsDeniedError: the caller may not.
            ResponseLostError: it was sent and no answer came.
        """
        ...

    def check(self, call: Call) -> None:
        """Validate the call's parameters offline, by botocore's model and our ranges.

        Raises:
            AwsError: the parameters would be refused.
        """
        ...


class Clock(Protocol):
    """The only source of time, and the only way to sleep."""

    def now(self) -> datetime:
        """The time, with a zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...
