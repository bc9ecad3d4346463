"""When AWS says "not now" to one call: which refusals pass, how long to wait, when to give up.

`ROWS` is the table. Throttling is waited out for every call, reads too; the other classes only for
a call that names them in `Call.retry_on`, because the same words are final elsewhere:

- ``busy``: somebody, perhaps we, is changing the same thing.
- ``consistency``: something that this run made is not visible everywhere yet. For calls that
  follow a create of this run; after that the same refusal is the truth.
- ``in-use``: what is to go is still used by something that is going. For destroys.
- ``exists``: the refusal says that the thing is there already, which is what the call wants: it
  counts as success, with an empty answer. The next observation tells whether it is as desired.
- ``gone``: likewise, for calls that remove.

What is in no row is final. A lost answer is not retried here: whoever sent the call must look
first whether it was applied (I7).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError
from tenacity import RetryCallState, Retrying, retry_if_exception

from ecsinfer.aws.mapping import UNREACHABLE, Refusal, refusal_of
from ecsinfer.model import Answer, Clock

THROTTLE = "throttle"
UNSENT = "unsent"
FORGIVEN = ("exists", "gone")
"""Classes that turn a refusal into success."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; an empty column means "any".

    Attributes:
        name: the class.
        codes: AWS's error codes.
        message: a part of the message, in lower case: the shortest that has been stable.
        operations: API operations.
    """

    name: str
    codes: frozenset[str] = frozenset()
    message: str = ""
    operations: frozenset[str] = frozenset()

    def matches(self, refusal: Refusal) -> bool:
        """Whether the refusal is of this class."""
        return (
            (not self.codes or refusal.code in self.codes)
            and self.message in refusal.message.lower()
            and (not self.operations or refusal.operation in self.operations)
        )


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


# ECS puts most business errors under two broad codes, and not always under the same one (0.2).
_BROAD = _codes("ClientException", "InvalidParameterException")

ROWS = (
    Row(
        THROTTLE,
        _codes(
            "ThrottlingException",
            "Throttling",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
        ),
    ),
    Row(THROTTLE, message="rate exceeded"),
    Row(
        "busy",
        _codes(
            "UpdateInProgressException",
            "ConcurrentUpdateException",
            "ConcurrentModificationException",
            "OperationAbortedException",
            "ResourceContention",
            "ScalingActivityInProgress",
        ),
    ),
    Row("busy", _BROAD, "too many concurrent attempts to create a new revision"),
    Row("busy", _BROAD, "cannot be stopped while deployments are active"),
    Row("busy", _codes("DependencyViolation"), "has a dependent object"),
    Row("consistency", _codes("ClusterNotFoundException", "ServiceNotFoundException")),
    Row("consistency", _BROAD, "cluster was not active"),
    Row("consistency", _BROAD, "unable to assume the service linked role"),
    Row("consistency", _BROAD, "verify that the ecs service role"),
    Row("consistency", _BROAD, "does not have an associated load balancer"),
    Row("consistency", _BROAD, "capacity provider was not found"),
    Row("consistency", _BROAD, "not associated with the cluster"),
    Row("consistency", _codes("ValidationException"), "ecs service doesn't exist"),
    Row("consistency", _codes("ValidationException"), "unable to assume iam role"),
    Row("consistency", _codes("ObjectNotFoundException"), "no scalable target registered"),
    Row("consistency", _codes("FailedResourceAccessException")),
    Row("consistency", _codes("ResourceNotFoundException"), "log group does not exist"),
    Row("in-use", _codes("ResourceInUseException")),
    Row("in-use", _codes("ClusterContainsServicesException")),
    Row("in-use", _codes("ClusterContainsTasksException")),
    Row("in-use", _codes("ClusterContainsContainerInstancesException")),
    Row("in-use", _codes("ClusterContainsCapacityProviderException")),
    Row("in-use", _BROAD, "cluster scoped capacity providers are attached"),
    Row("in-use", _BROAD, "still draining"),
    Row("in-use", _codes("DELETE_FAILED"), "associated with cluster"),
    Row("exists", _codes("ResourceAlreadyExistsException")),
    Row("exists", _BROAD, "capacity provider already exists"),
    Row("exists", _BROAD, "arguments on this idempotent request are inconsistent"),
    Row("exists", _BROAD, "creation of service was not idempotent"),
    # The deployment has ended meanwhile (D24, I7): how, the next observation tells.
    Row(
        "exists",
        _codes("ConflictException"),
        operations=_codes("StopServiceDeployment", "ContinueServiceDeployment"),
    ),
    Row("gone", _codes("ClusterNotFoundException", "ServiceNotFoundException")),
    Row("gone", _codes("ServiceNotActiveException")),
    Row("gone", _codes("ResourceNotFoundException")),
    Row("gone", _codes("ObjectNotFoundException")),
    Row("gone", _BROAD, "capacity provider does not exist"),
    Row("gone", _BROAD, "unable to describe task definition"),
    Row("gone", _BROAD, "cluster was not active", _codes("DeleteCluster")),
    Row("gone", _BROAD, "inactive", _codes("DeregisterTaskDefinition")),
)
"""The first row that matches and is allowed counts (I5, M)."""

_SERVER = _codes(
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How a class is waited out. Seconds.

    Attributes:
        within: after which the call is given up.
        least: the shortest wait.
        base: doubled with every attempt, the upper end of a wait (full jitter).
        most: the longest wait.
    """

    within: float
    least: float
    base: float
    most: float

    def seconds(self, attempt: int, jitter: random.Random) -> float:
        """The wait after the attempt of that number, counted from 1."""
        ceiling = min(self.most, self.base * 2.0 ** min(attempt - 1, 16))
        return max(self.least, jitter.uniform(0, ceiling))


PATIENCE: Mapping[str, Patience] = {
    # AWS refills its modify buckets at one call a second (I2, I3).
    THROTTLE: Patience(600, 0.25, 1, 20),
    "busy": Patience(600, 5, 10, 10),
    "consistency": Patience(180, 1, 2, 10),
    "in-use": Patience(1200, 5, 10, 15),
    UNSENT: Patience(60, 0.5, 1, 10),
}
"""By class (I3, I5, N)."""


def classify(refusal: Refusal, allowed: Iterable[str]) -> str:
    """The first class of the refusal among throttling and the `allowed`; empty when it is final."""
    names = {THROTTLE, *allowed}
    if refusal.status == 429:
        return THROTTLE
    return next((row.name for row in ROWS if row.name in names and row.matches(refusal)), "")


def classes(refusal: Refusal) -> frozenset[str]:
    """Every class that the refusal could be of."""
    return frozenset(row.name for row in ROWS if row.matches(refusal))


def server_fault(refusal: Refusal) -> bool:
    """Whether AWS broke while it was at it: the call may have been applied."""
    return refusal.status >= 500 or refusal.code in _SERVER


def persist(
    send: Callable[[], Answer],
    *,
    allowed: Iterable[str],
    clock: Clock,
    jitter: random.Random,
    notify: Callable[[str, float], None],
) -> Answer:
    """Call `send` until it is answered, waiting out refusals of the `allowed` classes.

    `notify` is told the reason and the seconds of every wait before it begins; what it raises
    ends the attempts, so that a caller with a deadline can stop them.

    Raises:
        ClientError: a final refusal, or one that outlasted its class's patience.
        BotoCoreError: the transport failed after the request may have been sent, or AWS stayed
            out of reach.
    """
    allowed = frozenset(allowed)
    started = clock.now()

    def may_pass(error: BaseException) -> bool:
        return _reason(error, allowed) in PATIENCE

    def seconds(state: RetryCallState) -> float:
        error = _error_of(state)
        patience = PATIENCE[_reason(error, allowed)]
        wait = patience.seconds(state.attempt_number, jitter)
        if not isinstance(error, ClientError):
            return wait
        # AWS knows best, within reason (0.5).
        return max(wait, min(refusal_of(error).retry_after, patience.most + 5))

    def give_up(state: RetryCallState) -> bool:
        within = timedelta(seconds=PATIENCE[_reason(_error_of(state), allowed)].within)
        # tenacity's own stop policies read the machine's clock, not the injected one.
        return clock.now() + timedelta(seconds=state.upcoming_sleep) > started + within

    def tell(state: RetryCallState) -> None:
        notify(_told(_error_of(state)), state.upcoming_sleep)

    retrying = Retrying(
        retry=retry_if_exception(may_pass),
        wait=seconds,
        stop=give_up,
        sleep=clock.sleep,
        before_sleep=tell,
        reraise=True,
    )
    return retrying(send)


def _error_of(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    if error is None:
        raise RuntimeError("tenacity asked about an attempt that did not fail")
    return error


def _reason(error: BaseException, allowed: frozenset[str]) -> str:
    if isinstance(error, ClientError):
        return classify(refusal_of(error), allowed)
    return UNSENT if UNSENT in allowed and isinstance(error, UNREACHABLE) else ""


def _told(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return str(refusal_of(error))
    return str(error) if isinstance(error, BotoCoreError) else type(error).__name__
