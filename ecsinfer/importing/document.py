"""From a service that runs to a spec that plans nothing against it, with every field in it.

The words come first. What they say is compiled as a deploy would compile it and compared with the
service, both ways: whatever the words say otherwise, or do not say, is written as an override.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecsinfer.application.services import service_params
from ecsinfer.errors import PreflightError
from ecsinfer.importing import words
from ecsinfer.importing.looking import Found
from ecsinfer.kinds import ownership
from ecsinfer.kinds.service_content import changes
from ecsinfer.kinds.task_definition_content import OUTPUT_ONLY
from ecsinfer.spec import Spec, rules

Document = dict[str, Any]

_KEPT = frozenset({"task_definition", "name", "capacity", "overrides"})
"""What is said in a service whatever the spec's rules find in it."""
_WORDLESS = ("launchType", "schedulingStrategy")
"""Fields on which the meaning of the words depends: they are overrides from the start."""
_MOST_ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec, and what it needs beside it.

    Attributes:
        document: the spec; its task definition is a file's name.
        task_definition: what that file holds: RegisterTaskDefinition's form.
        notes: what the reader of the spec should know.
    """

    document: Document
    task_definition: Document
    notes: tuple[str, ...]


def imported(found: Found, *, region: str, file: str, application: str = "") -> Imported:
    """The spec of a service.

    Args:
        found: the service.
        region: where it runs.
        file: the name that the task definition's file will have.
        application: the spec's name; the owning application's, else the service's, otherwise.

    Raises:
        PreflightError: what runs is nothing that a spec can say.
    """
    service = found.service
    name = str(service["serviceName"])
    tags = ownership.tag_map(service.get("tags"))
    key = words.key_of(name)
    form = words.create_form(service)
    definition = _task_definition(found)
    awsvpc = definition.get("networkMode") == "awsvpc"
    said = words.words(service, form, awsvpc=awsvpc)
    document: Document = {
        "name": application or tags.get(ownership.APP) or key,
        "region": region,
        "cluster": {"name": found.cluster, "existing": True},
        "capacity": {words.key_of(each): _provider(each) for each in words.providers(form)},
        "services": {
            key: {
                **({"name": name} if name != key else {}),
                "task_definition": definition,
                **said,
                **({"tags": own} if (own := _foreign(tags)) else {}),
                "overrides": {"service": {each: form[each] for each in _WORDLESS if each in form}},
            }
        },
    }
    if not document["capacity"]:
        del document["capacity"]
    document = _completed(document, key, service, form)
    document["services"][key]["task_definition"] = file
    return Imported(document, definition, tuple(_notes(found)))


def _provider(name: str) -> Document:
    key = words.key_of(name)
    return {"existing": True, **({"name": name} if name != key else {})}


def _task_definition(found: Found) -> Document:
    answer = found.task_definition
    request = {
        name: value for name, value in answer["taskDefinition"].items() if name not in OUTPUT_ONLY
    }
    tags = _foreign(ownership.tag_map(answer.get("tags")))
    return {**request, **({"tags": ownership.tag_list(tags)} if tags else {})}


def _foreign(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags that people wrote: neither ours nor AWS's own."""
    return {
        name: value for name, value in tags.items() if not name.startswith(("ecsinfer:", "aws:"))
    }


def _completed(
    document: Document, key: str, service: Mapping[str, Any], form: Mapping[str, Any]
) -> Document:
    """The document with overrides for all that its words do not say, or say otherwise."""
    spec, document = _valid(document, key)
    params = service_params(spec, key)
    paths = _differing(params, service, form)
    overrides = document["services"][key]["overrides"]["service"]
    for name in sorted({path.partition(".")[0] for path in paths}):
        overrides[name] = _override(name, params.get(name), form.get(name), paths)
    if not overrides:
        del document["services"][key]["overrides"]
    spec, document = _valid(document, key)
    left = _differing(service_params(spec, key), service, form)
    if left:
        raise PreflightError(f"a spec cannot say {', '.join(left)} of this service as it is")
    return document


def _differing(
    params: Mapping[str, Any], service: Mapping[str, Any], form: Mapping[str, Any]
) -> list[str]:
    """Paths of what is not the same in what the spec compiles to and what runs."""
    found = (*changes(params, service), *changes(form, params))
    return sorted({change.path for change in found})


def _override(path: str, compiled: Any, wanted: Any, paths: list[str]) -> Any:
    """What, merged over `compiled`, gives `wanted` under the paths."""
    if not isinstance(compiled, Mapping) or not isinstance(wanted, Mapping):
        return wanted
    inner = {f"{path}.{name}": name for name in sorted(compiled.keys() | wanted.keys())}
    return {
        name: _override(here, compiled.get(name), wanted.get(name), paths)
        for here, name in inner.items()
        if any(f"{each}.".startswith(f"{here}.") or here.startswith(f"{each}.") for each in paths)
    }


def _valid(document: Document, key: str) -> tuple[Spec, Document]:
    """The spec, without the words that its rules refuse: those fields become overrides.

    Raises:
        PreflightError: the rules refuse something that has no other way to be said.
    """
    document = copy.deepcopy(document)
    service = document["services"][key]
    for _ in range(_MOST_ROUNDS):
        try:
            spec = Spec.model_validate(document)
        except ValidationError as error:
            found = [(each["loc"], each["msg"]) for each in error.errors(include_url=False)]
        else:
            found = [(each.path, each.text) for each in rules.findings(spec)]
            if not found:
                return spec, document
        for path, text in found:
            word = str(path[2]) if len(path) > 2 and path[:2] == ("services", key) else ""
            if word not in service or word in _KEPT:
                raise PreflightError(
                    f"a spec cannot describe this service: {'.'.join(map(str, path))}: {text}"
                )
        for word in {str(path[2]) for path, _ in found}:
            del service[word]
    raise PreflightError("a spec cannot describe this service")


def _notes(found: Found) -> Iterator[str]:
    status = found.task_definition["taskDefinition"].get("status")
    if status != "ACTIVE":
        yield (
            f"The revision that runs is {status}: a deploy registers it anew and rolls the "
            "service over to it."
        )
    if found.target:
        least, most = found.target.get("MinCapacity"), found.target.get("MaxCapacity")
        yield (
            f"Application Auto Scaling moves the number of tasks between {least} and {most}. It "
            "stays as it is: without `scaling` in this spec, ecsinfer neither changes it nor the "
            "number; `replicas` is only for a service that is created anew."
        )
        for policy in found.policies:
            yield f"  policy {_settings(policy, 'PolicyName')}"
        for schedule in found.schedules:
            yield f"  scheduled action {_settings(schedule, 'ScheduledActionName')}"


_NOT_SETTINGS = frozenset({
    "PolicyARN", "ScheduledActionARN", "ServiceNamespace", "ResourceId", "ScalableDimension",
    "Alarms", "CreationTime",
})  # fmt: skip


def _settings(entry: Mapping[str, Any], named_by: str) -> str:
    """What somebody chose of a policy or a scheduled action, on one line."""
    chosen = {
        name: value
        for name, value in entry.items()
        if name not in _NOT_SETTINGS and name != named_by
    }
    return f"{entry.get(named_by)}: {chosen}"
