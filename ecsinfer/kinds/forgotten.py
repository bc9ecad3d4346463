"""What carries our tag and is not in the spec any more: what a renamed or removed entry leaves.

Services are found by the cluster's list, capacity providers by what the cluster has; a destroy
looks at every provider of the account too, because one that was detached is on no list. What is
in no cluster, revisions and log groups, is found by its tag alone (see `tagged`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecsinfer.kinds import others, ownership, reads
from ecsinfer.model import Answer, Observation, Read


@dataclass(frozen=True, slots=True)
class Named:
    """What the spec names.

    Attributes:
        application: whose tags count.
        cluster: the cluster.
        services: names of its services.
        providers: names of the capacity providers that it declares or uses.
        families: of its task definitions.
        log_groups: names of the log groups that it declares.
    """

    application: str
    cluster: str
    services: tuple[str, ...] = ()
    providers: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    log_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is there and not named.

    Attributes:
        services: name -> family of the revision that it runs.
        providers: capacity provider -> ARN of its Auto Scaling group; empty for Managed Instances.
        families: of task definitions, that no service of another cluster runs.
        log_groups: names of those that no service of another cluster writes to.
    """

    services: Mapping[str, str] = field(default_factory=dict)
    providers: Mapping[str, str] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was forgotten."""
        return bool(self.services or self.providers or self.families or self.log_groups)


def services(named: Named, *, closely: bool) -> Observation[dict[str, str]]:
    """Forgotten services, name -> family.

    The cluster's own count tells whether there are any but the named ones, so that an application
    alone in its cluster asks no more than before; a look that is close asks whatever it says.
    """
    own = (reads.services(named.cluster, named.services),) if named.services else ()
    clusters, *described = yield (reads.clusters(named.cluster), *own)
    cluster = reads.alive(reads.pick(clusters, "clusters", "clusterName", named.cluster))
    if cluster is None:
        return {}
    known = _active(described, named.services)
    if not closely and int(cluster.get("activeServicesCount", 0)) <= known:
        return {}
    there = yield from others.residents(named.cluster, named.services, tasks=closely)
    return {
        name: _family(each)
        for name, each in there.services.items()
        if name not in named.services and _ours(each, named)
    }


def providers(named: Named, *, closely: bool) -> Observation[dict[str, str]]:
    """Forgotten capacity providers, name -> ARN of the group; empty for Managed Instances."""
    every = replace(reads.all_capacity_providers(), optional=True)
    asked = (every, reads.container_instances(named.cluster)) if closely else ()
    clusters, *more = yield (reads.clusters(named.cluster), *asked)
    cluster = reads.alive(reads.pick(clusters, "clusters", "clusterName", named.cluster)) or {}
    strangers = reads.unknown_providers(cluster, named.providers)
    if closely:
        strangers = yield from _of_instances(named, more[1], strangers)
    described: tuple[Answer, ...] = ()
    if strangers:
        described = yield (reads.providers_of_cluster(named.cluster, strangers),)
    found = _groups(described, strangers, named)
    loose = {
        name: group
        for name, group in _groups(more[:1], None, named).items()
        if name not in named.providers and name not in found
    }
    if loose:
        # The same application may stand in another cluster too, and have its own providers there.
        seen = yield from others.look(others.Leaving(named.cluster, named.application))
        found |= {name: group for name, group in loose.items() if name not in seen.clusters}
    return found


def _of_instances(
    named: Named, listed: Answer, known: list[str]
) -> Generator[tuple[Read, ...], tuple[Answer, ...], list[str]]:
    """The providers in question, and those whose instances are there still: they are leaving."""
    described = yield reads.described_container_instances(named.cluster, listed)
    names = (
        str(each.get("capacityProviderName", ""))
        for answer in described
        for each in answer.get("containerInstances", ())
    )
    return list(
        dict.fromkeys((*known, *(each for each in names if each and each not in named.providers)))
    )


def _active(described: Iterable[Answer], names: tuple[str, ...]) -> int:
    return sum(
        each.get("status") == "ACTIVE" and each["serviceName"] in names
        for answer in described
        for each in answer.get("services", ())
    )


def _groups(answers: Sequence[Answer], asked: list[str] | None, named: Named) -> dict[str, str]:
    return {
        str(each["name"]): str(
            each.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn", "")
        )
        for answer in answers
        for each in answer.get("capacityProviders", ())
        if (asked is None or each["name"] in asked)
        and each.get("status") != "INACTIVE"
        and _ours(each, named)
    }


def _ours(item: Mapping[str, Any], named: Named) -> bool:
    return ownership.ours(ownership.tag_map(item.get("tags")), named.application)


def _family(service: Mapping[str, Any]) -> str:
    return str(service.get("taskDefinition", "")).rpartition("/")[2].rpartition(":")[0]
