"""What carries the application's tag anywhere in the region, by the Resource Groups Tagging API.

It is the only way to what no list of a cluster leads to: the revisions of a family, and the log
group, that the spec named once; and what the same application has in another cluster. It lags,
and tells of the deleted too (GetResources: "tagged or previously tagged"), so that whatever it
names is looked up where it belongs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecsinfer.kinds import history, ownership, reads
from ecsinfer.kinds.forgotten import Named
from ecsinfer.model import Answer, Observation, Read

_TYPES = ("ecs:cluster", "ecs:service", "ecs:task-definition", "logs:log-group")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the application has in other clusters, and what that stands on.

    Attributes:
        clusters: names of its other clusters.
        services: cluster and name of each of its services there.
        revisions: ARNs that a deployment there has.
        families: family of those -> who uses it, in words.
        log_groups: log group that their containers write to -> who does, in words.
        denied: the action that the caller may not take, or cannot: then nothing is known.
    """

    clusters: tuple[str, ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    revisions: frozenset[str] = frozenset()
    families: Mapping[str, str] = field(default_factory=dict)
    log_groups: Mapping[str, str] = field(default_factory=dict)
    denied: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What carries the tag, is there, and is not named.

    Attributes:
        families: those that have an ACTIVE revision, and that no other cluster uses.
        log_groups: names of those that no other cluster uses.
        elsewhere: what is another cluster's.
    """

    families: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()
    elsewhere: Elsewhere = field(default_factory=Elsewhere)


def elsewhere(named: Named) -> Observation[Elsewhere]:
    """What the application has in other clusters."""
    answer = yield (_by_tag(named),)
    return (yield from _elsewhere(named, _sorted_out(answer[0]), answer[0].get("denied", "")))


def look(named: Named) -> Observation[Tagged]:
    """What carries the tag, but for the families and log groups that are named."""
    answer = yield (_by_tag(named),)
    found = _sorted_out(answer[0])
    others = yield from _elsewhere(named, found, answer[0].get("denied", ""))
    if others.denied:
        return Tagged(elsewhere=others)
    families = {_family(arn) for arn in found["task-definition"]}.difference(
        named.families, others.families
    )
    groups = {arn.partition(":log-group:")[2] for arn in found["log-group"]}.difference(
        named.log_groups, others.log_groups
    )
    answers = yield (*map(_any_revision, sorted(families)), *map(_log_group, sorted(groups)))
    there = {_family(arn) for each in answers for arn in each.get("taskDefinitionArns", ())}
    kept = {str(each["logGroupName"]) for answer in answers for each in answer.get("logGroups", ())}
    return Tagged(tuple(sorted(families & there)), tuple(sorted(groups & kept)), others)


def _by_tag(named: Named) -> Read:
    return Read(
        "resourcegroupstaggingapi",
        "GetResources",
        {
            "TagFilters": [{"Key": ownership.APP, "Values": [named.application]}],
            "ResourceTypeFilters": list(_TYPES),
            "ResourcesPerPage": 100,
        },
        items="ResourceTagMappingList",
        optional=True,
    )


def _sorted_out(answer: Answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {each.partition(":")[2]: [] for each in _TYPES}
    for each in answer.get("ResourceTagMappingList", ()):
        arn = str(each["ResourceARN"])
        kind = arn.split(":", 5)[5].replace(":", "/").partition("/")[0]
        found.setdefault(kind, []).append(arn)
    return found


def _elsewhere(
    named: Named, found: Mapping[str, list[str]], denied: str
) -> Generator[tuple[Read, ...], tuple[Answer, ...], Elsewhere]:
    """What is there of the other clusters and their services, among what carries the tag."""
    # A short ARN does not name its cluster (D28).
    places = [parts[1:] for arn in found["service"] if len(parts := arn.split("/")) == 3]
    names = [name for name in reads.names(found["cluster"]) if name != named.cluster]
    described = yield (
        *(replace(reads.clusters(name), optional=True) for name in names),
        *(
            replace(reads.services(place, [name]), optional=True)
            for place, name in places
            if place != named.cluster
        ),
    )
    denied = denied or next((str(each["denied"]) for each in described if "denied" in each), "")
    if denied:
        return Elsewhere(denied=denied)
    clusters = {str(each["clusterName"]) for each in _ours(described, "clusters", named)}
    # The answers are shared with whoever asked for the like in the same round.
    services = [
        each for each in _ours(described, "services", named) if _cluster(each) != named.cluster
    ]
    used = {
        arn: f"service {each['serviceName']} of cluster {_cluster(each)} uses it"
        for each in services
        for arn in sorted(history.in_use(each))
    }
    answers = yield tuple(replace(reads.task_definition(arn), optional=True) for arn in used)
    written = zip(map(_log_groups, answers), used.values(), strict=True)
    return Elsewhere(
        tuple(sorted(clusters.intersection(names))),
        tuple(sorted({(_cluster(each), str(each["serviceName"])) for each in services})),
        frozenset(used),
        {_family(arn): who for arn, who in used.items()},
        {group: who for groups, who in written for group in groups},
    )


def _ours(answers: Sequence[Answer], member: str, named: Named) -> Iterable[Mapping[str, Any]]:
    for answer in answers:
        for each in answer.get(member, ()):
            tags = ownership.tag_map(each.get("tags"))
            if reads.alive(each) and ownership.ours(tags, named.application):
                yield each


def _log_groups(answer: Answer) -> Iterator[str]:
    for container in answer.get("taskDefinition", {}).get("containerDefinitions", ()):
        options = container.get("logConfiguration", {}).get("options", {})
        if "awslogs-group" in options:
            yield str(options["awslogs-group"])


def _any_revision(family: str) -> Read:
    return Read("ecs", "ListTaskDefinitions", {"familyPrefix": family, "status": "ACTIVE"})


def _log_group(name: str) -> Read:
    return Read(
        "logs",
        "DescribeLogGroups",
        {"logGroupNamePrefix": name},
        items="logGroups",
        optional=True,
    )


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].rpartition(":")[0]


def _cluster(service: Mapping[str, Any]) -> str:
    return str(service.get("clusterArn", "")).rpartition("/")[2]
