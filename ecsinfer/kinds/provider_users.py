"""Who else uses a capacity provider: what a destroy has to leave to them.

AWS refuses to detach a provider that a service uses (B16) and to delete one that a cluster has
(B12), for as long as that lasts. A service that the spec has forgotten, or that somebody else
runs, would hold a destroy until its deadline; so it is looked for before anything is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecsinfer.kinds import reads
from ecsinfer.model import Observation, Read


@dataclass(frozen=True, slots=True)
class Leaving:
    """The application that goes.

    Attributes:
        cluster: its cluster.
        services: names of its services there, which go before the providers do.
    """

    cluster: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Users:
    """Provider name -> names of others: services of the cluster, and other clusters."""

    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, provider: str) -> str:
        """Why the provider cannot be detached; empty when nobody else's service uses it."""
        names = self.services.get(provider, ())
        return f"{provider} is still used by {_listed('service', names)}" if names else ""

    def holding(self, provider: str) -> str:
        """Why the provider cannot be deleted; empty when nobody else has it."""
        names = self.clusters.get(provider, ())
        held = f"{provider} is still associated with {_listed('cluster', names)}" if names else ""
        return self.of(provider) or held


def look(leaving: Leaving | None) -> Observation[Users]:
    """Everybody else's use, as far as the caller may see it; nobody's when nothing is leaving."""
    if leaving is None:
        return Users()
    listed, clusters = yield (
        Read(
            "ecs",
            "ListServices",
            {"cluster": leaving.cluster},
            items="serviceArns",
            absent_on=("ClusterNotFoundException",),
            optional=True,
        ),
        Read("ecs", "ListClusters", {}, items="clusterArns", optional=True),
    )
    services = _others(listed.get("serviceArns", ()), leaving.services)
    elsewhere = _others(clusters.get("clusterArns", ()), (leaving.cluster,))
    asked = (
        *(reads.services(leaving.cluster, [name]) for name in services),
        *(reads.clusters(name) for name in elsewhere),
    )
    # A caller who may not look is no worse off than before: AWS refuses, and says why.
    answers = (yield tuple(replace(each, optional=True) for each in asked)) if asked else ()
    return Users(
        _by_provider(
            (service["serviceName"], _used(service))
            for answer in answers
            for service in answer.get("services", ())
            if service["serviceName"] in services and service.get("status") != "INACTIVE"
        ),
        _by_provider(
            (cluster["clusterName"], cluster.get("capacityProviders", ()))
            for answer in answers
            for cluster in answer.get("clusters", ())
            if cluster["clusterName"] in elsewhere and cluster.get("status") != "INACTIVE"
        ),
    )


def _others(arns: Iterable[str], own: tuple[str, ...]) -> list[str]:
    names = (arn.rpartition("/")[2] for arn in arns)
    return sorted(name for name in names if name not in own)


def _used(service: Mapping[str, Any]) -> set[str]:
    """Names of the providers that a service's strategies name, an old deployment's too (B19)."""
    holders = (service, *service.get("deployments", ()))
    return {
        item["capacityProvider"].rpartition("/")[2]
        for holder in holders
        for item in holder.get("capacityProviderStrategy", ())
    }


def _by_provider(used: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, providers in used:
        for provider in providers:
            found[provider].add(name)
    return {provider: tuple(sorted(names)) for provider, names in found.items()}


def _listed(noun: str, names: tuple[str, ...]) -> str:
    return f"{noun if len(names) == 1 else noun + 's'} {', '.join(names)}"
