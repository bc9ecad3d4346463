"""The task does not get to its first line, or ends by itself."""

from __future__ import annotations

from collections.abc import Iterator

from ecsinfer.diagnose.catalogue import MOST_EVIDENCE, cause
from ecsinfer.diagnose.facts import Container, Facts, Task
from ecsinfer.diagnose.patterns.images import wrong_architecture
from ecsinfer.diagnose.patterns.telltale import Pattern, Telltale, events, sentence
from ecsinfer.events import Cause

KILLED = 137
TERMINATED = 143
LAST_LINES = MOST_EVIDENCE - 2
"""Of a container's log: beside its exit code and its reason no more are told."""

_MEMORY = sentence(r"OutOfMemory")
_ORDER = sentence(
    r"container ordering dependency \[(?P<other>[\w-]+)[^\]]*\] for target \[(?P<name>[\w-]+)[^\]]*\]"
    r" (?P<how>.*)"
)
_CORRECT = "correct why it fails; its last log lines tell more (ecsinfer logs)"
_HOW = {
    "as dependency did not exit successfully": ("does not end with 0", _CORRECT),
    "has timed out": (
        "does not come that far within its startTimeout",
        "give it a longer startTimeout, or make it faster",
    ),
    "because dependency will never start": ("never starts", _CORRECT),
}
_SPOT = "SpotInterruption"
_INTERRUPTED = sentence(r"Spot Task was interrupted")
_STOPPED_BY_ECS = ("ServiceSchedulerInitiated", "UserInitiated", "TerminationNotice", _SPOT)
_NO_WAY = r"i/o timeout|connection issue between|context deadline exceeded|send request failed"


def spot_interruption(facts: Facts) -> Cause | None:
    """AWS took the capacity back: how the containers ended is no fault of theirs."""
    found = [task for task in facts.failed if _interrupted(task)]
    if not found:
        return None
    return cause(
        "spot-interruption",
        "AWS took Spot capacity back, and the tasks that ran on it ended",
        [task.reason or f"stopCode: {task.stop_code}" for task in found],
        "nothing is wrong with the containers: ECS starts other tasks where there is capacity",
        "keep a part of the tasks off Spot: FARGATE with a base beside FARGATE_SPOT (capacity), or "
        "an On-Demand base in the group's mixed instances policy, with capacity rebalancing",
        "use more zones and instance types, so that less is taken back at once",
    )


def _interrupted(task: Task) -> bool:
    return task.stop_code == _SPOT or bool(_INTERRUPTED.search(task.reason))


def out_of_memory(facts: Facts) -> Cause | None:
    """Killed by the kernel: 137 without ECS having sent the signal."""
    found = [
        each for each in ended(facts) if each.exit_code == KILLED or _MEMORY.search(each.reason)
    ]
    if not found:
        return None
    memory = facts.need.memory
    return cause(
        "out-of-memory",
        f"container {found[0].name} was killed: it used more memory than its task has "
        f"({memory} MiB)",
        [text for each in found for text in _ending(each)],
        "raise resources.memory; weights that are loaded through the page cache take 1.2 times "
        "their size",
    )


def crash_loop(facts: Facts) -> Cause | None:
    """Containers end by themselves, for reasons of their own."""
    found = [
        each
        for each in ended(facts)
        if each.exit_code != KILLED and not _MEMORY.search(each.reason)
    ]
    if not found or wrong_architecture(facts):
        return None
    first = found[0]
    return cause(
        "crash-loop",
        f"container {first.name} exits with code {first.exit_code} after it has started",
        [text for each in found for text in _ending(each)],
        "the last lines of its log tell why; look at command, environment and secrets of the "
        "service",
    )


def dependency_not_met(facts: Facts) -> Cause | None:
    """A container waits in vain for another one of its task (C16)."""
    told = next((found for text in facts.reasons if (found := _ORDER.search(text))), None)
    if told:
        known = (words for said, words in _HOW.items() if said in told["how"])
        how, advice = next(known, (told["how"], _CORRECT))
        return _waits(told["name"], told["other"], how, told.string, advice)
    for name, other in _needs_health(facts):
        for task in facts.ours:
            states = {each.name: each.health for each in task.containers}
            if task.status == "PENDING" and states.get(other) == "UNHEALTHY":
                said = f"task {task.id}: container {other} is UNHEALTHY"
                return _waits(name, other, "fails its health check", said, _CORRECT)
    return None


def _needs_health(facts: Facts) -> Iterator[tuple[str, str]]:
    for each in facts.definition.get("containerDefinitions", ()):
        for needed in each.get("dependsOn", ()):
            if needed["condition"] == "HEALTHY":
                yield each["name"], needed["containerName"]


def _waits(name: str, other: str, how: str, said: str, advice: str) -> Cause:
    return cause(
        "dependency-not-met",
        f"container {name} does not start: it waits for container {other}, which {how}",
        (said,),
        f"container {other}: {advice}",
        f"or let container {name} wait for less: depends_on",
    )


def ended(facts: Facts) -> Iterator[Container]:
    """Containers of failed tasks that ended by themselves and not well."""
    for task in facts.failed:
        if task.stop_code not in _STOPPED_BY_ECS and not _interrupted(task):
            yield from _by_themselves(facts, task)


def _by_themselves(facts: Facts, task: Task) -> list[Container]:
    """Those of one task, the essential ones first; the others ended because one of these had.

    A task that loses an essential container stops the rest by SIGTERM (143), then SIGKILL (137).
    """
    optional = {
        each["name"]
        for each in facts.definition.get("containerDefinitions", ())
        if not each.get("essential", True)
    }
    ran = [
        each
        for each in task.containers
        if each.exit_code not in (None, 0) and not _ORDER.search(each.reason)
    ]
    first = min((_doubt(each) for each in ran if each.name not in optional), default=2)
    kept = [each for each in ran if _doubt(each) <= first]
    return sorted(kept, key=lambda each: each.name in optional)


def _doubt(container: Container) -> int:
    """How well its end may be the consequence of another one's."""
    if _MEMORY.search(container.reason):
        return 0
    return {KILLED: 1, TERMINATED: 2}.get(container.exit_code or 0, 0)


def _ending(container: Container) -> Iterator[str]:
    yield f"container {container.name}: exit code {container.exit_code}"
    yield container.reason
    yield from (f"{container.name} | {line}" for line in container.log[-LAST_LINES:])


PATTERNS: tuple[Pattern, ...] = (
    Telltale(
        "role-not-assumable",
        sentence(r"unable to assume the role '?(?P<role>[^'\s]+)"),
        "ECS may not assume the role {role}",
        (
            (
                "let the role's trust policy allow ecs-tasks.amazonaws.com to assume it; a role made "
                "a minute ago may only need another try"
            ),
        ),
        # Where no task could even be made, only an event tells.
        lambda facts: (*facts.reasons, *events(facts)),
    ),
    Telltale(
        "no-route",
        sentence(
            r"(?:ResourceInitializationError|CannotPull|fetching secret data)"
            rf".*(?:{_NO_WAY}|check your task network configuration)"
        ),
        "the task has no way to the registry, or to another AWS endpoint",
        (
            (
                "give the tasks' subnets (network.subnets) a route to a NAT gateway or VPC endpoints "
                "for ECR, S3, logs and secrets, or in public subnets set network.public_ip (Fargate)"
            ),
            "and let the security groups send traffic out to port 443",
        ),
    ),
    Telltale(
        "secret-missing",
        sentence(
            rf"^(?!.*(?:{_NO_WAY}))"
            # By Fargate, then by the agent of an instance.
            r".*?(?:unable to retrieve secrets? from (?:asm|ssm)"
            r"|fetching secret data from (?:SSM Parameter Store|AWS Secrets Manager))"
            r"(?:.*?(?:failed to fetch secret|invalid (?:ssm )?parameters:|in region \S+: secret"
            r"|on resource:) (?P<secret>\S+?)[,:]?(?:\s|$))?"
        ),
        "the secret[ {secret}] does not exist, or the execution role may not read it",
        (
            "create the secret, or correct `secrets` of the service",
            (
                "and let the execution role read it: secretsmanager:GetSecretValue or "
                "ssm:GetParameters, and kms:Decrypt for a key of your own"
            ),
        ),
    ),
    Telltale(
        "log-group-missing",
        sentence(r"specified log group does not exist"),
        "a log group of the containers does not exist",
        ("create it, or let ecsinfer do so: remove logs.existing",),
    ),
    spot_interruption,
    out_of_memory,
    crash_loop,
    dependency_not_met,
)
