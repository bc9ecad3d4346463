"""The gateway: every question to AWS and every change of it goes through here."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from ecsinfer.aws import batching, paging, retry
from ecsinfer.aws.clock import SystemClock
from ecsinfer.aws.mapping import (
    EXPIRED,
    LOST,
    TROUBLE,
    UNREACHABLE,
    Refusal,
    denied,
    denied_action,
    explain,
    refusal_of,
)
from ecsinfer.aws.session import Clients, custom_endpoint, make_session
from ecsinfer.aws.validation import Models
from ecsinfer.errors import AwsError, EcsInferError, ResponseLostError
from ecsinfer.model import Answer, Call, Clock, Read, Target, unbound

_READS = re.compile(r"(Describe|List|Get|BatchGet|BatchCheck|Filter)[A-Z]")
_SECRETS = frozenset({"GetSecretValue", "BatchGetSecretValue"})
_WHOLE_CALL = frozenset({"ClusterNotFoundException"})
"""Refusals that speak of the call, not of one entry of its batch."""

_BESIDE = frozenset({"resourcegroupstaggingapi"})
"""Services that a network made for ECS may have no way to: then nobody may ask them."""

_OWN_ARN = re.compile(r"arn:[\w-]+:ecs:[\w-]*:(?P<account>\d{12}):")
_LOG = logging.getLogger("ecsinfer.aws")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that went out; parameters are not kept, they may be sensitive."""

    service: str
    operation: str
    writes: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests went out."""

    reads: int
    writes: int


class Gateway:
    """Reads and writes AWS; implements `model.Reader` and `model.Writer`.

    Making one asks nothing and reads no configuration.

    Args:
        session: a boto3 Session in place of one made from `profile` and `region`.
        profile: of the AWS configuration files.
        region: in place of the configured one.
        endpoint_url: in place of AWS's own endpoints.
        clock: what retries sleep on.
        jitter: where the randomness of waits comes from.
        concurrency: how many reads may be under way at once.
        debug: whether every request is logged to standard error, without its parameters.

    Attributes:
        log: every request so far, in the order of sending.
    """

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        profile: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        clock: Clock | None = None,
        jitter: random.Random | None = None,
        concurrency: int = 16,
        debug: bool = False,
    ) -> None:
        self._clients = Clients(
            lambda: session or make_session(profile, region), endpoint_url, concurrency
        )
        self._models = Models()
        self._clock = clock or SystemClock()
        self._jitter = jitter or random.Random()  # noqa: S311  spreads retries, hides nothing
        self._concurrency = concurrency
        self._planning = False
        self._account = ""
        self.log: list[Sent] = []
        if debug:
            _log_to_stderr()

    @property
    def counts(self) -> Counts:
        """How many requests went out so far."""
        writes = sum(sent.writes for sent in self.log)
        return Counts(reads=len(self.log) - writes, writes=writes)

    @contextmanager
    def planning(self) -> Iterator[None]:
        """While this lasts nothing can be written, whoever tries."""
        before, self._planning = self._planning, True
        try:
            yield
        finally:
            self._planning = before

    @property
    def region(self) -> str:
        """The region, from the configuration alone.

        Raises:
            UsageError: no region is configured.
        """
        return str(self._client("ecs").meta.region_name)

    def target(self) -> Target:
        """The account, region and endpoint; asks STS only if no answer has told the account.

        Raises:
            UsageError: no region is configured.
            AwsDeniedError: no usable credentials.
        """
        endpoint = custom_endpoint(self._client("ecs").meta.endpoint_url)
        if not self._account:
            identity = self._ask(Read("sts", "GetCallerIdentity", {}))
            self._account = str(identity["Account"])
        return Target(self._account, self.region, endpoint)

    def supports(self, service: str, shape: str, member: str) -> bool:
        """Whether the installed botocore knows a member of a structure."""
        return self._models.supports(service, shape, member)

    def check(self, call: Call) -> None:
        """Validate a call offline; see `Models.check`."""
        self._models.check(call)

    def gather(self, reads: Sequence[Read]) -> list[Answer]:
        """Answer all reads, together and merged where they can be; the order is kept.

        Raises:
            AwsDeniedError: the caller may not ask, and the read is not optional.
            AwsError: AWS refused, or cannot be reached.
        """
        for read in reads:
            _require_read(read)
        questions = batching.merge(reads)
        for service in dict.fromkeys(read.service for read in questions.reads):
            self._client(service)  # made here, never in the threads
        return questions.answers(self._concurrently(questions.reads))

    def execute(self, call: Call, notify: Callable[[str, float], None]) -> Answer:
        """Carry out one call, waiting out what `call.retry_on` names (see `retry`).

        `notify` is told the reason and the seconds of every wait; what it raises ends the call.

        Raises:
            AwsError: AWS refused it.
            AwsDeniedError: the caller may not.
            ResponseLostError: it was sent and no answer came.
        """
        if self._planning:
            raise EcsInferError(f"{call.operation} was to be sent while planning")
        if unbound(call.params):
            raise EcsInferError(f"{call.operation} was to be sent with an unbound reference")
        self._client(call.service, writes=True)

        def send() -> Answer:
            return _accepted(
                self._send(call.service, call.operation, call.params, writes=True), call.operation
            )

        try:
            return retry.persist(
                send,
                allowed=call.retry_on | {retry.UNSENT},
                clock=self._clock,
                jitter=self._jitter,
                notify=notify,
            )
        except ClientError as error:
            refusal = refusal_of(error)
            if retry.classes(refusal) & call.retry_on.intersection(retry.FORGIVEN):
                return {}
            if retry.server_fault(refusal):
                raise _lost(call, str(refusal)) from error
            raise explain(error, call.service, call.operation) from error
        except TROUBLE as error:
            if isinstance(error, LOST) and not isinstance(error, UNREACHABLE):
                raise _lost(call, str(error)) from error
            raise explain(error, call.service, call.operation) from error

    def _client(self, service: str, *, writes: bool = False) -> Any:
        try:
            return self._clients.client(service, writes=writes)
        except (*TROUBLE, ValueError) as error:
            raise explain(error, service, "") from error

    def _concurrently(self, reads: Sequence[Read]) -> list[Answer]:
        workers = min(len(reads), self._concurrency)
        if workers < 2:
            return [self._ask(read) for read in reads]
        pool = ThreadPoolExecutor(workers, thread_name_prefix="ecsinfer-read")
        try:
            return list(pool.map(self._ask, reads))
        finally:
            # After Ctrl-C nobody waits for answers that nobody reads.
            pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, read: Read) -> Answer:
        def send(params: Mapping[str, Any]) -> Answer:
            # botocore gives up a throttled read after seconds; a fleet's reads last for minutes at
            # AWS's rates, which others use up too (I2).
            return retry.persist(
                lambda: self._send(read.service, read.operation, params, writes=False),
                allowed=(),
                clock=self._clock,
                jitter=self._jitter,
                notify=lambda why, seconds: _LOG.debug("%s: asking again in %.1f s", why, seconds),
            )

        try:
            answer = paging.all_pages(send, read.params) if read.items else send(read.params)
        except ClientError as error:
            return self._refused(read, error)
        except TROUBLE as error:
            if read.service in _BESIDE and isinstance(error, UNREACHABLE):
                return {"denied": denied_action(read.service, read.operation)}
            raise explain(error, read.service, read.operation) from error
        if not self._account and read.service == "ecs":
            self._account = _account_in(answer)
        return answer

    def _refused(self, read: Read, error: ClientError) -> Answer:
        refusal = refusal_of(error)
        if _absent(read, refusal):
            entries = list(batching.singles(read))
            if len(entries) < 2 or refusal.code in _WHOLE_CALL:
                return {}
            # One entry is not there, and AWS does not answer for the others either.
            return batching.combine([self._ask(entry) for entry in entries])
        if read.optional and denied(refusal):
            return {"denied": denied_action(read.service, read.operation, refusal.message)}
        raise explain(error, read.service, read.operation) from error

    def _send(
        self, service: str, operation: str, params: Mapping[str, Any], *, writes: bool
    ) -> Answer:
        generation = self._clients.generation
        try:
            return self._send_once(service, operation, params, writes=writes)
        except ClientError as error:
            if refusal_of(error).code not in EXPIRED:
                raise
        # A long wait outlives many a session; AWS refused, so nothing was applied (I6).
        self._clients.renew(generation)
        return self._send_once(service, operation, params, writes=writes)

    def _send_once(
        self, service: str, operation: str, params: Mapping[str, Any], *, writes: bool
    ) -> Answer:
        client = self._client(service, writes=writes)
        self.log.append(Sent(service, operation, writes))
        response = getattr(client, xform_name(operation))(**params)
        metadata = response.pop("ResponseMetadata", {})
        _LOG.debug("%s:%s answered, request %s", service, operation, metadata.get("RequestId"))
        answer: Answer = response
        return answer


def _require_read(read: Read) -> None:
    if not _READS.match(read.operation) or read.operation in _SECRETS:
        raise EcsInferError(f"{read.service}:{read.operation} is not a read that ecsinfer makes")


def _absent(read: Read, refusal: Refusal) -> bool:
    for row in read.absent_on:
        code, _, message = row.partition(":")
        if code == refusal.code and message.strip().lower() in refusal.message.lower():
            return True
    return False


def _accepted(answer: Answer, operation: str) -> Answer:
    """The answer, unless it is a refusal with HTTP 200: a delete that failed (B12)."""
    provider = answer.get("capacityProvider", {})
    if operation == "DeleteCapacityProvider" and provider.get("updateStatus") == "DELETE_FAILED":
        reason = str(provider.get("updateStatusReason", ""))
        raise ClientError({"Error": {"Code": "DELETE_FAILED", "Message": reason}}, operation)
    return answer


def _lost(call: Call, why: str) -> AwsError:
    return ResponseLostError(
        f"the answer to {call.service}:{call.operation} was lost ({why}): it may or may not have "
        "been applied",
        operation=call.operation,
        hint="run the command again: it looks at what is there before it writes",
    )


def _account_in(value: Any) -> str:
    """The account in the first ECS ARN of an answer: ECS shows nobody else's resources."""
    if isinstance(value, str):
        found = _OWN_ARN.match(value)
        return found["account"] if found else ""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list):
        return ""
    return next(filter(None, map(_account_in, value)), "")


def _log_to_stderr() -> None:
    if not _LOG.handlers:
        _LOG.addHandler(logging.StreamHandler())
        _LOG.setLevel(logging.DEBUG)
