"""Who else uses a cluster and its capacity providers: what a destroy has to leave to them.

AWS refuses to detach a provider that a service or a task uses (B16), to delete one that a cluster
has (B12), and to delete a cluster where anything runs (A11), for as long as that lasts. What
somebody else runs would hold a destroy until its deadline, or be ended with our instances; so it
is looked for before anything is written. Whose a service is, its tags say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecsinfer.events import are, plural
from ecsinfer.kinds import ownership, reads
from ecsinfer.model import Answer, Observation, Read

NAMED = 5
"""Most tasks that a message names."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The application that goes, or of which something goes.

    Attributes:
        cluster: its cluster.
        application: its name.
        services: names of its services there, as far as they are known.
    """

    cluster: str
    application: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignTask:
    """A task that no service of the application runs.

    Attributes:
        id: the last part of its ARN.
        group: what started it: ``family:<family>``, ``service:<name>`` or a name of its own.
        provider: the capacity provider that it was started on; empty for none.
        instance: ARN of its container instance; empty for none.
    """

    id: str
    group: str
    provider: str = ""
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Others:
    """What is not the application's.

    Attributes:
        services: name of a service of the cluster -> names of the providers that it uses.
        active: how many ACTIVE services of the cluster were seen, ours among them.
        tasks: tasks that run in the cluster.
        clusters: provider -> names of other clusters that have it.
    """

    services: Mapping[str, frozenset[str]] = field(default_factory=dict)
    active: int = 0
    tasks: tuple[ForeignTask, ...] = ()
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def using(self, provider: str) -> str:
        """Why the provider cannot be detached; empty when nobody else uses it."""
        services = sorted(name for name, used in self.services.items() if provider in used)
        # A service's tasks are told by its name.
        tasks = [
            each
            for each in self.tasks
            if each.provider == provider and not each.group.startswith("service:")
        ]
        users = [*([_listed("service", services)] if services else ())]
        users += [told(tasks)] if tasks else []
        return f"{provider} is still used by {' and '.join(users)}" if users else ""

    def holding(self, provider: str) -> str:
        """Why the provider cannot be deleted; empty when nobody else has it."""
        names = self.clusters.get(provider, ())
        held = f"{provider} is still associated with {_listed('cluster', names)}" if names else ""
        return self.using(provider) or held

    def serving(self, cluster: Mapping[str, Any]) -> str:
        """Which services of others the described cluster has; empty for none."""
        unseen = int(cluster.get("activeServicesCount", 0)) - self.active
        if self.services:
            those = _listed("service", sorted(self.services))
            return f"{those} {are(len(self.services))} not of this application"
        if unseen > 0:
            return f"{plural(unseen, 'active service')} in it {are(unseen)} not of this application"
        return ""


@dataclass(frozen=True, slots=True)
class Residents:
    """What a cluster holds, as far as the caller may see it.

    Attributes:
        services: name -> DescribeServices' entry; one that drains is on no list (D25), and is found
            by its tasks alone.
        tasks: DescribeTasks' entries, if they were asked for.
    """

    services: Mapping[str, Mapping[str, Any]]
    tasks: tuple[Mapping[str, Any], ...]


def residents(
    cluster: str, known: tuple[str, ...], *, tasks: bool = True
) -> Observation[Residents]:
    """The services of a cluster, those that are known anyway among them, and its tasks."""
    own = (reads.services(cluster, known),) if known else ()
    running = (reads.running_tasks(cluster),) if tasks else ()
    listed, *more = yield (reads.listed_services(cluster), *own, *running)
    arns = tuple(arn for answer in more for arn in answer.get("taskArns", ()))
    asked = {name for name in reads.names(listed.get("serviceArns", ())) if name not in known}
    details = (reads.described_tasks(cluster, arns),) if arns else ()
    answers = yield (*_strangers(cluster, asked), *details)
    found = tuple(
        each for answer in answers for each in answer.get("tasks", ()) if each["taskArn"] in arns
    )
    groups = {str(each.get("group", "")).partition("service:")[2] for each in found}
    draining = groups - asked - {"", *known}
    late = (yield _strangers(cluster, draining)) if draining else ()
    names = {*asked, *known, *draining}
    return Residents(_services((*more, *answers, *late), names), found)


def look(leaving: Leaving | None) -> Observation[Others]:
    """Everybody else's use, as far as the caller may see it; nobody's when nothing is leaving."""
    if leaving is None:
        return Others()
    clusters = yield from having(leaving.cluster)
    there = yield from residents(leaving.cluster, leaving.services)
    mine = {name for name, each in there.services.items() if _ours(each, leaving.application)}
    return Others(
        {name: _used(each) for name, each in there.services.items() if name not in mine},
        sum(each.get("status") == "ACTIVE" for each in there.services.values()),
        _foreign(there.tasks, {f"service:{name}" for name in mine}),
        clusters,
    )


def having(cluster: str) -> Observation[dict[str, tuple[str, ...]]]:
    """Provider -> the other clusters that have it, as far as the caller may see them."""
    (clusters,) = yield (Read("ecs", "ListClusters", {}, items="clusterArns", optional=True),)
    elsewhere = [name for name in reads.names(clusters.get("clusterArns", ())) if name != cluster]
    asked = tuple(replace(reads.clusters(name), optional=True) for name in elsewhere)
    return _having((yield asked) if asked else (), elsewhere)


def told(tasks: Iterable[ForeignTask]) -> str:
    """The tasks in words: ``task 0f1e (family:batch)``."""
    named = [f"{each.id} ({each.group})" for each in tasks]
    more = ("...",) if len(named) > NAMED else ()
    return _listed("task", (*named[:NAMED], *more))


def _strangers(cluster: str, names: Iterable[str]) -> tuple[Read, ...]:
    # A caller who may not look is no worse off than one who does not: AWS refuses, and says why.
    return tuple(replace(reads.services(cluster, [name]), optional=True) for name in sorted(names))


def _services(answers: Iterable[Answer], names: set[str]) -> dict[str, Mapping[str, Any]]:
    return {
        str(each["serviceName"]): each
        for answer in answers
        for each in answer.get("services", ())
        if each["serviceName"] in names and each.get("status") != "INACTIVE"
    }


def _ours(service: Mapping[str, Any], application: str) -> bool:
    return ownership.ours(ownership.tag_map(service.get("tags")), application)


def _used(service: Mapping[str, Any]) -> frozenset[str]:
    """Names of the providers that a service's strategies name, an old deployment's too (B19)."""
    holders = (service, *service.get("deployments", ()))
    return frozenset(
        str(item["capacityProvider"]).rpartition("/")[2]
        for holder in holders
        for item in holder.get("capacityProviderStrategy", ())
    )


def _foreign(tasks: Iterable[Mapping[str, Any]], own_groups: set[str]) -> tuple[ForeignTask, ...]:
    return tuple(
        ForeignTask(
            str(each["taskArn"]).rpartition("/")[2],
            str(each.get("group", "")),
            str(each.get("capacityProviderName", "")),
            str(each.get("containerInstanceArn", "")),
        )
        for each in tasks
        if each.get("group") not in own_groups
    )


def _having(answers: Iterable[Answer], clusters: list[str]) -> dict[str, tuple[str, ...]]:
    """Provider -> the clusters that have it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for answer in answers:
        for cluster in answer.get("clusters", ()):
            if cluster["clusterName"] in clusters and cluster.get("status") != "INACTIVE":
                for provider in cluster.get("capacityProviders", ()):
                    found[provider].add(cluster["clusterName"])
    return {provider: tuple(sorted(names)) for provider, names in found.items()}


def _listed(noun: str, names: Iterable[str]) -> str:
    named = tuple(names)
    return f"{noun if len(named) == 1 else noun + 's'} {', '.join(named)}"
