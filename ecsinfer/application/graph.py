"""Compiling a spec: every resource a node, with what it needs before it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecsinfer.application import capacity, forgotten, log_groups, scaling
from ecsinfer.application.choices import Choices
from ecsinfer.application.containers import longest_stop_timeout
from ecsinfer.application.overlay import overlay
from ecsinfer.application.services import count, rollout_within, service_params
from ecsinfer.application.task_definitions import own_tags, task_definition
from ecsinfer.errors import UsageError
from ecsinfer.kinds import ownership
from ecsinfer.kinds.auto_scaling_group import AutoScalingGroup, AutoScalingGroupKind
from ecsinfer.kinds.capacity_provider import CapacityProvider, CapacityProviderKind, group_name
from ecsinfer.kinds.cluster import Cluster, ClusterKind
from ecsinfer.kinds.cluster_association import ClusterAssociation, ClusterAssociationKind
from ecsinfer.kinds.managed_instances import ManagedInstances, ManagedInstancesKind
from ecsinfer.kinds.others import Leaving
from ecsinfer.kinds.scalable_target import ScalableTarget, ScalableTargetKind
from ecsinfer.kinds.scaling_policy import ScalingPolicies, ScalingPoliciesKind
from ecsinfer.kinds.scheduled_action import ScheduledActions, ScheduledActionsKind
from ecsinfer.kinds.service import Service, ServiceKind
from ecsinfer.kinds.service_content import IMMUTABLE_FIELDS
from ecsinfer.kinds.task_definition import TaskDefinition, TaskDefinitionKind
from ecsinfer.model import Node, Ref
from ecsinfer.spec import Spec

AnyNode = Node[Any, Any]


def compile_spec(
    spec: Spec, *, services: Sequence[str] = (), region: str = "", **choices: Any
) -> tuple[AnyNode, ...]:
    """The nodes of the whole spec, or of the named services and what they share with others.

    Args:
        spec: the spec.
        services: keys of services; none means all of them. What they share is kept by a destroy.
        region: where it applies; the spec's own otherwise.
        choices: the other fields of `Choices`.

    Raises:
        UsageError: a service is not in the spec, or no region is known.
    """
    unknown = [name for name in services if name not in spec.services]
    if unknown:
        raise UsageError(
            f"no service {', '.join(map(repr, unknown))} in the spec",
            hint=f"its services are {', '.join(spec.services) or '(none)'}",
        )
    chosen = tuple(key for key in spec.services if not services or key in services)
    place = region or spec.region or ""
    if chosen and not place:
        raise UsageError(
            "no AWS region is configured",
            hint="set `region` in the spec, or use --region or AWS_REGION",
        )
    return _Compiler(spec, Choices(region=place, **choices), chosen).nodes()


class _Compiler:
    """One compilation; only keeps what all nodes need."""

    def __init__(self, spec: Spec, choices: Choices, chosen: tuple[str, ...]) -> None:
        self._spec = spec
        self._choices = choices
        self._chosen = chosen
        others = [key for key in spec.services if key not in chosen]
        self._shared = f"shared with {', '.join(others)}" if others else ""

    def nodes(self) -> tuple[AnyNode, ...]:
        groups = {node.name: node for key in self._chosen for node in self._log_group(key)}
        old = tuple(log_groups.forgotten(self._spec, self._choices))
        providers, left = tuple(self._providers()), tuple(self._forgotten_providers())
        services = (node for key in self._chosen for node in self._service(key))
        unwanted = not self._choices.destroying
        needs = (*self._floor(self._managed_names), *(node.key for node in (*left, *old)))
        return (
            *groups.values(),
            *old,
            self._cluster(),
            *providers,
            *left,
            *self._association(providers if unwanted else (*providers, *left)),
            *self._emptied_groups(),
            *services,
            *forgotten.services(
                self._spec,
                self._choices.forgotten,
                self._choices.elsewhere,
                needs,
                unwanted=unwanted,
            ),
        )

    def _forgotten_providers(self) -> Iterator[AnyNode]:
        return forgotten.providers(
            self._spec,
            self._choices.forgotten,
            self._leaving,
            unwanted=not self._choices.destroying,
        )

    @property
    def _cluster_key(self) -> str:
        return f"{ClusterKind.name}/{self._spec.cluster_name}"

    @property
    def _leaving(self) -> Leaving:
        named = forgotten.named(self._spec)
        return Leaving(named.cluster, named.application, named.services)

    @property
    def _closely(self) -> Leaving | None:
        """What a destroy takes away."""
        return self._leaving if self._choices.destroying else None

    @property
    def _attached(self) -> bool:
        """Whether the cluster's list of providers has any of ours, or is to have."""
        left = self._choices.destroying and forgotten.groups(self._choices.forgotten)
        return bool(capacity.attached(self._spec) or left)

    @property
    def _association_keys(self) -> tuple[str, ...]:
        kind = ClusterAssociationKind if self._attached else ClusterKind
        return (f"{kind.name}/{self._spec.cluster_name}",)

    @property
    def _managed_names(self) -> tuple[str, ...]:
        """Managed Instances providers that the application owns; those it only leaves, too."""
        left = self._choices.forgotten.providers if self._choices.destroying else {}
        return (
            *capacity.cluster_scoped(self._spec),
            *(name for name, group in left.items() if not group),
        )

    def _floor(self, managed: Sequence[str]) -> tuple[str, ...]:
        """What a service stands on, Managed Instances among it: it is removed after the service."""
        groups = (f"{AutoScalingGroupKind.name}/{name}" for name in self._emptied().values())
        instances = (f"{ManagedInstancesKind.name}/{name}" for name in managed)
        return (*self._association_keys, *instances, *groups)

    def _tags(self, *more: Mapping[str, str]) -> dict[str, str]:
        tags = dict(self._spec.tags)
        for each in more:
            tags.update(each)
        return {**tags, ownership.APP: self._spec.name}

    def _log_group(self, key: str) -> Iterator[AnyNode]:
        others = {
            self._spec.log_group(other): self._shared
            for other in self._spec.services
            if other not in self._chosen
        }
        shared = {**self._choices.elsewhere.log_groups, **others}
        yield from log_groups.of_service(self._spec, key, self._choices, self._tags(), shared)

    def _cluster(self) -> AnyNode:
        spec, declared = self._spec, self._spec.cluster
        fields = overlay(
            {"settings": [{"name": "containerInsights", "value": declared.insights}]}
            if declared.insights
            else {},
            declared.overrides,
        )
        used = (each.auto_scaling_group for each in spec.capacity.values())
        left = self._choices.forgotten.providers.values()
        return Node(
            ClusterKind(),
            spec.cluster_name,
            Cluster(
                name=spec.cluster_name,
                application=spec.name,
                tags=self._tags(declared.tags),
                settings={each["name"]: each["value"] for each in fields.get("settings", ())},
                configuration=fields.get("configuration", {}),
                service_connect_defaults=fields.get("serviceConnectDefaults", {}),
                existing=declared.existing,
                groups=tuple(group_name(each) for each in (*used, *left) if each),
                managed=self._managed_names,
                emptied=self._emptied(),
                leaving=self._closely,
                adopt=self._choices.adopt,
                retain=self._shared,
            ),
        )

    def _emptied(self) -> dict[str, str]:
        """Provider -> group, of those that a destroy scales to zero; never an existing one's."""
        if not (self._choices.destroying and self._choices.scale_groups_to_zero):
            return {}
        declared = {
            self._spec.provider_name(key): each.auto_scaling_group
            for key, each in self._spec.capacity.items()
            if each.auto_scaling_group and not each.existing
        }
        bound = {**declared, **self._choices.forgotten.providers}
        return {name: group_name(group) for name, group in bound.items() if group}

    def _emptied_groups(self) -> Iterator[AnyNode]:
        """Between the services and what detaches the provider, whose hook still drains (F3)."""
        spec = self._spec
        for provider, group in self._emptied().items():
            desired = AutoScalingGroup(
                name=group,
                application=spec.name,
                provider=provider,
                cluster=spec.cluster_name,
                leaving=self._leaving,
                retain="the spec marks its cluster as existing"
                if spec.cluster.existing
                else self._shared,
            )
            yield Node(AutoScalingGroupKind(), group, desired, self._association_keys)

    def _providers(self) -> Iterator[AnyNode]:
        for key, declared in self._spec.capacity.items():
            name = self._spec.provider_name(key)
            common: dict[str, Any] = {
                "name": name,
                "application": self._spec.name,
                "tags": self._tags(declared.tags),
                "adopt": self._choices.adopt,
                "leaving": self._closely,
                "retain": self._shared,
            }
            if declared.existing:
                continue
            if declared.managed_instances is not None:
                settings = capacity.managed_instances(declared, declared.managed_instances)
                managed = ManagedInstances(
                    cluster=self._spec.cluster_name, provider=settings, **common
                )
                yield Node(ManagedInstancesKind(), name, managed, (self._cluster_key,))
            elif declared.auto_scaling_group is not None:
                settings = capacity.group_settings(declared)
                desired = CapacityProvider(
                    group=declared.auto_scaling_group,
                    managed_scaling=settings["managedScaling"],
                    managed_termination_protection=settings["managedTerminationProtection"],
                    managed_draining=settings["managedDraining"],
                    emptied=name in self._emptied(),
                    **common,
                )
                # It needs no cluster, but is removed before the cluster is.
                yield Node(CapacityProviderKind(), name, desired, after=(self._cluster_key,))

    def _association(self, providers: Sequence[AnyNode]) -> Iterator[AnyNode]:
        if not self._attached:
            return
        created = [node for node in providers if node.kind.name == CapacityProviderKind.name]
        scoped = [node for node in providers if node.kind.name == ManagedInstancesKind.name]
        yield Node(
            ClusterAssociationKind(),
            self._spec.cluster_name,
            ClusterAssociation(
                cluster=self._spec.cluster_name,
                application=self._spec.name,
                providers=capacity.attached(self._spec),
                created=tuple(node.name for node in created),
                cluster_scoped=tuple(node.name for node in scoped),
                leaving=self._closely,
                retain=self._shared,
            ),
            (self._cluster_key, *(node.key for node in created)),
            # A put while Managed Instances attach would find the cluster busy.
            tuple(node.key for node in scoped),
        )

    def _service(self, key: str) -> Iterator[AnyNode]:
        spec, declared = self._spec, self._spec.services[key]
        params = service_params(spec, key)
        tags = self._tags(declared.tags)
        definition = Node(
            TaskDefinitionKind(),
            key,
            self._task_definition(key, params, tags),
            tuple(node.key for node in self._log_group(key)),
        )
        yield definition
        undeclared = declared.scaling is None
        scaled = self._scaling(key, params, f"{ServiceKind.name}/{key}")
        target = next(scaled)
        yield Node(
            ServiceKind(),
            key,
            Service(
                name=spec.service_name(key),
                cluster=spec.cluster_name,
                application=spec.name,
                task_definition=Ref.to(definition.key, "arn"),
                params=params,
                tags={
                    **tags,
                    ownership.DIGEST: Ref.to(definition.key, "digest"),
                    ownership.REVISION: Ref.to(definition.key, "arn"),
                },
                token=Ref.to(definition.key, "token"),
                count=count(declared),
                scaled=not undeclared,
                stop_timeout=longest_stop_timeout(declared),
                rollout_within=rollout_within(declared),
                destroying=self._choices.destroying,
                adopt=self._choices.adopt,
                allow_replace=self._choices.allow_replace,
            ),
            (
                definition.key,
                *self._floor(self._managed(key)),
            ),
            # Scaling that is declared no more ends before the count is the spec's again (E12).
            (target.key,) if undeclared else (),
        )
        yield target
        yield from scaled

    def _managed(self, key: str) -> tuple[str, ...]:
        """The Managed Instances that the service runs on; when it goes it may run on any of them."""
        used = {self._spec.provider_name(each) for each in self._spec.strategy(key)}
        return tuple(
            name for name in self._managed_names if self._choices.destroying or name in used
        )

    def _task_definition(
        self, key: str, params: Mapping[str, Any], tags: Mapping[str, str]
    ) -> TaskDefinition:
        spec = self._spec
        request = task_definition(spec, key, self._choices.region)
        fixed = {name: params[name] for name in IMMUTABLE_FIELDS if name in params}
        own = own_tags(spec.services[key])
        return TaskDefinition(
            family=str(request["family"]),
            application=spec.name,
            request=request,
            tags={**own, **tags},
            own_tags=frozenset(own.keys() - tags.keys()),
            cluster=spec.cluster_name,
            service=spec.service_name(key),
            region=self._choices.region,
            salt=json.dumps(fixed, sort_keys=True),
            destroying=self._choices.destroying,
            adopt=self._choices.adopt,
            retain=self._choices.elsewhere.families.get(str(request["family"]), ""),
        )

    def _scaling(self, key: str, params: Mapping[str, Any], service: str) -> Iterator[AnyNode]:
        """The scalable target first, and what hangs on it."""
        declared = self._spec.services[key].scaling
        names: dict[str, Any] = {
            "cluster": self._spec.cluster_name,
            "service": self._spec.service_name(key),
            "application": self._spec.name,
        }
        fixed = {name: params[name] for name in IMMUTABLE_FIELDS if name in params}
        if declared is None:
            yield Node(ScalableTargetKind(), key, ScalableTarget(**names, params=fixed))
            return
        desired = ScalableTarget(
            **names,
            minimum=declared.min,
            maximum=declared.max,
            suspended=scaling.suspended(declared.suspended),
            scheduled=bool(declared.scheduled),
            params=fixed,
            adopt=self._choices.adopt,
        )
        # Registered as soon as the service is there: a rollout is no reason not to scale (K).
        target = Node(ScalableTargetKind(), key, desired, after=(service,))
        yield target
        balancers = self._spec.services[key].load_balancer
        names |= {"params": fixed, "adopt": self._choices.adopt}
        policies = ScalingPolicies(
            **names,
            policies=scaling.policies(declared),
            named=scaling.named_policies(self._spec.services[key], declared),
            target_group=balancers[0].target_group if balancers else "",
        )
        actions = ScheduledActions(
            **names,
            actions=scaling.scheduled(declared),
            named=scaling.named_scheduled(declared),
        )
        yield Node(ScalingPoliciesKind(), key, policies, (target.key,))
        yield Node(ScheduledActionsKind(), key, actions, (target.key,))
