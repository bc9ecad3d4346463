"""Secrets are named, never written down (C15, D30); their values never reach a message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ecsinfer.spec.container import Container, HealthCheck
from ecsinfer.spec.interpolation import unresolved
from ecsinfer.spec.rules.findings import Finding, Findings, Subject
from ecsinfer.spec.secretness import looks_secret, secret_arguments, secret_by_value
from ecsinfer.spec.tree import Path

_ARN = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):[^\s]+")
_PARAMETER = re.compile(r"[A-Za-z0-9_.\-/]+")
_IN_COMMAND = (
    "secrets: {{NAME: arn:aws:secretsmanager:...}}, which the program or a shell's $NAME reads; what "
    "is no secret can go to {0}"
)
_IN_PLACE = (
    "secrets: {{{0}: arn:aws:secretsmanager:...}}, or ${{secret:name}} there; what is no secret can "
    "go to overrides.container.environment"
)


def environment(subject: Subject) -> Findings:
    """What looks secret does not belong in plain text: everyone who may describe it reads it."""
    for path, plain, secrets in _environments(subject):
        for name, value in plain.items():
            where = subject.at(*path, "environment", name)
            if looks_secret(name, value):
                yield Finding(
                    where,
                    "this looks like a secret, and would be readable in the task definition",
                    _IN_PLACE.format(name),
                )
            if name in secrets:
                yield Finding(
                    where,
                    "the variable is among the secrets, too",
                    "keep one of them",
                    because=(subject.at(*path, "secrets", name),),
                )


def commands(subject: Subject) -> Findings:
    """Nor do secrets belong in a command: it is as readable, in the container's processes, too."""
    for path, words, field in _commands(subject):
        for index in sorted(secret_arguments(words)):
            yield Finding(
                # What checks the health may be one text that became a list.
                subject.at(*path) if "health" in path else subject.at(*path, index),
                "this looks like a secret, and would be readable in the task definition",
                _IN_COMMAND.format(".".join((*_overrides(path), field))),
            )


def references(subject: Subject) -> Findings:
    """A secret is the ARN of a secret or parameter, or a parameter's name."""
    for path, _plain, secrets in _environments(subject):
        for name, reference in secrets.items():
            if unresolved(reference) or _ARN.fullmatch(reference):
                continue
            if secret_by_value(reference) or not _PARAMETER.fullmatch(reference):
                yield Finding(
                    subject.at(*path, "secrets", name),
                    "this is not the ARN of a secret or parameter; a value does not belong here",
                    "arn:aws:secretsmanager:..., arn:aws:ssm:..., ${secret:name} or /parameter",
                )


def execution_role(subject: Subject) -> Findings:
    """ECS reads secrets, and on Fargate writes logs, with the execution role (C15)."""
    service, task = subject.service, subject.task
    if task.execution_role:
        return
    own = service.task_definition is None
    reasons = (
        (any(container.secrets for container in task.containers), "reads the secrets"),
        (own and bool(service.environment_files), "reads the environment files"),
        (
            own and subject.on_fargate and service.logs.enabled,
            "writes the logs on Fargate",
        ),
    )
    for needed, what in reasons:
        if needed:
            yield subject.find(
                "roles.execution" if own else "task_definition",
                f"ECS {what} with the execution role, and there is none",
                "roles: {execution: arn:aws:iam::...:role/ecsTaskExecutionRole}"
                if own
                else '"executionRoleArn": "arn:aws:iam::...:role/ecsTaskExecutionRole"',
                because=("secrets", "capacity"),
            )
            return


def execute_command(subject: Subject) -> Findings:
    """ECS Exec works with the task's role, and writes to the root file system (D30)."""
    service = subject.service
    if not service.execute_command:
        return
    if not subject.task.task_role:
        yield subject.find(
            "execute_command",
            "ECS Exec needs a task role that allows ssmmessages",
            "roles: {task: arn:aws:iam::...:role/...}",
            because=("roles", "task_definition"),
        )
    if service.read_only_root:
        yield subject.find(
            "execute_command",
            "ECS Exec does not work with a read-only root file system",
            "execute_command: false, or read_only_root: false",
            because=("read_only_root",),
        )


def _overrides(path: Path) -> tuple[str, ...]:
    return ("overrides",) if "sidecars" in path else ("overrides", "container")


def _commands(subject: Subject) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    service = subject.service
    yield from _words((), service, service.health)
    for name, each in service.sidecars.items():
        yield from _words(("sidecars", name), each, each.health)


def _words(
    path: Path, container: Container, check: HealthCheck
) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    yield (*path, "command"), container.command, "command"
    yield (*path, "entrypoint"), container.entrypoint, "entryPoint"
    yield (*path, "health", "command"), check.command, "healthCheck.command"


def _environments(
    subject: Subject,
) -> list[tuple[tuple[str, ...], Mapping[str, str], Mapping[str, str]]]:
    service = subject.service
    return [
        ((), service.environment, service.secrets),
        *(
            (("sidecars", name), each.environment, each.secrets)
            for name, each in service.sidecars.items()
        ),
    ]


SERVICE_RULES = (environment, commands, references, execution_role, execute_command)
