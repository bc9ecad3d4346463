"""From services that run to a spec that plans nothing against them, with every field in it.

The words come first. What they say is compiled as a deploy would compile it and compared with the
service, both ways: whatever the words say otherwise, or do not say, is written as an override.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecsinfer.application.services import service_params
from ecsinfer.errors import PreflightError
from ecsinfer.importing import scaling, words
from ecsinfer.importing.looking import Found
from ecsinfer.kinds import ownership
from ecsinfer.kinds.service_content import changes
from ecsinfer.kinds.task_definition_content import OUTPUT_ONLY
from ecsinfer.spec import Spec, rules

Document = dict[str, Any]

_KEPT = frozenset({"task_definition", "name", "capacity", "scaling", "overrides"})
"""What is said in a service whatever the spec's rules find in it."""
_WORDLESS = ("launchType", "schedulingStrategy")
"""Fields on which the meaning of the words depends: they are overrides from the start."""
_MOST_ROUNDS = 25


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec, and what it needs beside it.

    Attributes:
        document: the spec; its task definitions are names of files.
        task_definitions: what those files hold: RegisterTaskDefinition's form.
        notes: what the reader of the spec should know.
    """

    document: Document
    task_definitions: Mapping[str, Document]
    notes: tuple[str, ...]


def imported(
    found: Sequence[Found], *, region: str, files: Sequence[str], application: str = ""
) -> Imported:
    """The spec of services of one cluster.

    Args:
        found: the services.
        region: where they run.
        files: the name that the file of each one's task definition will have.
        application: the spec's name; the owning application's otherwise, else the service's, or
            the cluster's when there are several.

    Raises:
        PreflightError: what runs is nothing that a spec can say.
    """
    name = (
        application
        or _owner(found)
        or words.key_of(
            str(found[0].service["serviceName"]) if len(found) == 1 else found[0].cluster
        )
    )
    forms = [words.create_form(each.service) for each in found]
    used = dict.fromkeys(each for form in forms for each in words.providers(form))
    document: Document = {
        "name": name,
        "region": region,
        "cluster": {"name": found[0].cluster, "existing": True},
        **({"capacity": {words.key_of(each): _provider(each) for each in used}} if used else {}),
        "services": {},
    }
    services: Document = {}
    for each, form, file in zip(found, forms, files, strict=True):
        key = words.key_of(str(each.service["serviceName"]))
        while key in services:  # a key cannot begin with _, and a name can
            key = f"{key}-2"
        services[key] = {**_service(document, key, each, form), "task_definition": file}
    whole = {**document, "services": services}
    definitions = {file: _task_definition(each) for each, file in zip(found, files, strict=True)}
    _require_valid(whole, definitions)
    return Imported(whole, definitions, tuple(note for each in found for note in _notes(each)))


def _owner(found: Sequence[Found]) -> str:
    """The application whose the services are already; empty when they are not all one's."""
    owners = {ownership.tag_map(each.service.get("tags")).get(ownership.APP) for each in found}
    return str(owners.pop() or "") if len(owners) == 1 else ""


def _service(document: Document, key: str, found: Found, form: Mapping[str, Any]) -> Document:
    """The words of one service, and overrides for the rest."""
    service, definition = found.service, _task_definition(found)
    name, tags = str(service["serviceName"]), ownership.tag_map(service.get("tags"))
    said = words.words(service, form, awsvpc=definition.get("networkMode") == "awsvpc")
    balancers = said.get("load_balancer", [])
    group = str(balancers[0]["target_group"]) if balancers else ""
    if scaled := scaling.words(found, document["name"], group):
        said = {"scaling" if word == "replicas" else word: value for word, value in said.items()}
        said["scaling"] = scaled
    raw = scaling.raw_policies(found, group)
    described = {
        **({"name": name} if name != key else {}),
        "task_definition": definition,
        **said,
        **({"tags": own} if (own := _foreign(tags)) else {}),
        "overrides": {
            "service": {each: form[each] for each in _WORDLESS if each in form},
            **({"scaling_policies": raw} if raw else {}),
        },
    }
    return _completed({**document, "services": {key: described}}, key, service, form)


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
    """The service with overrides for all that its words do not say, or say otherwise."""
    spec, document = _valid(document, key)
    params = service_params(spec, key)
    paths = _differing(params, service, form)
    overrides = document["services"][key]["overrides"]
    for name in sorted({path.partition(".")[0] for path in paths}):
        overrides["service"][name] = _override(name, params.get(name), form.get(name), paths)
    spec, document = _valid(document, key)
    params = service_params(spec, key)
    if left := _differing(params, service, form):
        raise PreflightError(f"a spec cannot say {', '.join(left)} of this service as it is")
    described: Document = document["services"][key]
    _spare(document, key, params)
    if len(described.get("load_balancer", ())) == 1:
        (described["load_balancer"],) = described["load_balancer"]
    if not described["overrides"]["service"]:
        del described["overrides"]["service"]
    if not described["overrides"]:
        del described["overrides"]
    return described


def _spare(document: Document, key: str, params: Mapping[str, Any]) -> None:
    """Without the words about rollouts that only repeat what the spec means anyway."""
    service = document["services"][key]
    said = service.get("rollout", {})
    for word in tuple(said):
        service["rollout"] = {name: value for name, value in said.items() if name != word}
        spec = Spec.model_validate(document)
        if service_params(spec, key) == params and not any(rules.findings(spec)):
            said = service["rollout"]
    service["rollout"] = said
    if not said:
        del service["rollout"]


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


def _require_valid(document: Document, definitions: Mapping[str, Document]) -> None:
    """Services that are valid each for itself may still collide.

    Raises:
        PreflightError: they do, so they need a spec each.
    """
    services = {
        key: {**service, "task_definition": definitions[service["task_definition"]]}
        for key, service in document["services"].items()
    }
    spec = Spec.model_validate({**document, "services": services})
    found = [each.text for each in rules.findings(spec)]
    if found:
        raise PreflightError(
            f"one spec cannot describe these services: {'; '.join(found)}",
            hint="write them into a spec each: --from-service once, and another -f",
        )


def _notes(found: Found) -> Iterator[str]:
    name = found.service["serviceName"]
    status = found.task_definition["taskDefinition"].get("status")
    if status != "ACTIVE":
        yield (
            f"The revision that {name} runs is {status}: a deploy registers it anew and rolls the "
            "service over to it."
        )
    steps = [each["PolicyName"] for each in found.policies if each["PolicyType"] == "StepScaling"]
    if found.target and steps:
        yield (
            f"CloudWatch alarms start the step scaling of {name} ({', '.join(steps)}), and are no "
            "part of this spec: when the service is created anew, its policies have other ARNs, "
            "and the alarms must be pointed at those."
        )
