"""Scaling policies of a service: ours are put whole and pruned, other ones never touched (E6, E13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecsinfer.errors import PreflightError
from ecsinfer.kinds import reads, scaling
from ecsinfer.kinds.compare import differences
from ecsinfer.model import (
    Answer,
    Call,
    Change,
    Observation,
    Read,
    Ready,
    Step,
    Verb,
    Verdict,
)

REQUESTS = "ALBRequestCountPerTarget"
_CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"
_DEFAULTS = {"ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False}
"""What AWS takes for an ECS service when it is not said, and shows afterwards (E10)."""


@dataclass(frozen=True, slots=True)
class ScalingPolicies:
    """The target tracking policies that are wanted of a service.

    Attributes:
        cluster: the cluster's name.
        service: the service's name.
        application: who owns the service; begins the policies' names.
        policies: name without our prefix -> ``TargetTrackingScalingPolicyConfiguration``. A
            request-count metric needs no ``ResourceLabel``: it follows from the target group (E8).
        target_group: ARN of the target group whose requests are counted.
        params: the service's declared fields, which tell whether it will be replaced (E12).
    """

    cluster: str
    service: str
    application: str
    policies: Mapping[str, Mapping[str, Any]]
    target_group: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> dict[str, str]:
        """What every call names the service by."""
        return {
            **reads.NAMESPACE,
            "ResourceId": reads.resource_id(self.cluster, self.service),
            **reads.DIMENSION,
        }


@dataclass(frozen=True, slots=True)
class ObservedPolicies:
    """What is there.

    Attributes:
        policies: full name -> configuration, of ours; none while the target has lapsed.
        label: the ``ResourceLabel`` of the target group; empty when no policy needs one, or the
            target group has no load balancer.
    """

    policies: Mapping[str, Mapping[str, Any]]
    label: str = ""


class ScalingPoliciesKind:
    """Knows the target tracking policies of one service."""

    name: ClassVar[str] = "scaling-policies"

    def observe(
        self, desired: ScalingPolicies, saved: Mapping[str, str]
    ) -> Observation[ObservedPolicies | None]:
        """Our policies; never None, because the label that is wanted follows from an answer."""
        answer, targets, described = yield (
            reads.scaling_policies(desired.cluster, desired.service),
            reads.scalable_targets(desired.cluster, desired.service),
            reads.services(desired.cluster, [desired.service]),
        )
        found = scaling.target(targets, desired.cluster, desired.service)
        service = reads.pick(described, "services", "serviceName", desired.service)
        lapsed = found is None or scaling.lapsed(found, service, desired.params)
        own = () if lapsed else scaling.own_policies(answer, desired.application)
        policies = {each["PolicyName"]: each.get(_CONFIGURATION, {}) for each in own}
        label = ""
        if any(_needs_label(each) for each in desired.policies.values()):
            label = _known_label(desired, policies) or (yield from _asked_label(desired))
        return ObservedPolicies(policies, label)

    def diff(
        self, desired: ScalingPolicies, observed: ObservedPolicies | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Every policy whole; those of ours that are declared no more are pruned.

        Raises:
            PreflightError: requests are to be counted on a target group without load balancer.
        """
        seen = observed or ObservedPolicies({})
        changes = _changes(desired, seen)
        if not changes:
            return Verb.KEEP, ()
        return (Verb.UPDATE if seen.policies else Verb.CREATE), changes

    def steps(
        self, desired: ScalingPolicies, observed: ObservedPolicies | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Put what differs, then delete what is declared no more."""
        if verb is Verb.KEEP:
            return ()
        seen = observed or ObservedPolicies({})
        wanted = _wanted(desired, seen.label)
        touched = {
            change.path.partition("].")[0].removesuffix("]") for change in _changes(desired, seen)
        }
        puts = [
            Call(
                "application-autoscaling",
                "PutScalingPolicy",
                {
                    "PolicyName": name,
                    **desired.address,
                    "PolicyType": "TargetTrackingScaling",
                    _CONFIGURATION: dict(configuration),
                },
                retry_on=frozenset({"busy", "consistency"}),
            )
            for name, configuration in sorted(wanted.items())
            if f"policies[{name}" in touched
        ]
        prunes = [
            Call(
                "application-autoscaling",
                "DeleteScalingPolicy",
                {"PolicyName": name, **desired.address},
                retry_on=frozenset({"busy", "gone"}),
            )
            for name in sorted(seen.policies.keys() - wanted.keys())
        ]
        return (*puts, *prunes)

    def teardown(
        self, desired: ScalingPolicies, observed: ObservedPolicies | None
    ) -> tuple[Verb, str, tuple[Step, ...]]:
        """Nothing: they go with the scalable target (E11)."""
        return Verb.KEEP, "they go with the scalable target", ()

    def verdict(
        self,
        desired: ScalingPolicies,
        observed: ObservedPolicies | None,
        saved: Mapping[str, str],
    ) -> Verdict:
        """Always ready: a policy has no states, and its alarms are AWS's own (E9)."""
        return Ready()

    def outputs(self, desired: ScalingPolicies, observed: ObservedPolicies) -> Mapping[str, str]:
        """``names``: full names, separated by commas."""
        return {"names": ",".join(sorted(observed.policies))}


def _changes(desired: ScalingPolicies, observed: ObservedPolicies) -> tuple[Change, ...]:
    wanted = _wanted(desired, observed.label)
    changes: list[Change] = []
    for name, configuration in sorted(wanted.items()):
        if name not in observed.policies:
            changes.append(Change(f"policies[{name}]", None, configuration))
        else:
            found = _comparable({**_DEFAULTS, **observed.policies[name]})
            changes.extend(differences(_comparable(configuration), found, path=f"policies[{name}]"))
    gone = sorted(observed.policies.keys() - wanted.keys())
    return (*changes, *(Change(f"policies[{name}]", "declared no more", None) for name in gone))


def _wanted(desired: ScalingPolicies, label: str) -> dict[str, dict[str, Any]]:
    start = scaling.prefix(desired.application)
    wanted = {}
    for name, configuration in desired.policies.items():
        filled = {**_DEFAULTS, **configuration}
        if _needs_label(configuration):
            if not label:
                raise PreflightError(
                    f"service {desired.service} is to scale on requests, and its target group "
                    f"{desired.target_group or '(none)'} has no Application Load Balancer",
                    hint="attach the target group to a listener, or scale on cpu or memory",
                )
            metric = {**configuration["PredefinedMetricSpecification"], "ResourceLabel": label}
            filled["PredefinedMetricSpecification"] = metric
        wanted[start + name] = filled
    return wanted


def _comparable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    # A target comes back as float, dimensions in any order.
    custom = dict(configuration.get("CustomizedMetricSpecification") or {})
    if custom.get("Dimensions"):
        custom["Dimensions"] = sorted(custom["Dimensions"], key=lambda each: str(each["Name"]))
    return {**configuration, **({"CustomizedMetricSpecification": custom} if custom else {})}


def _needs_label(configuration: Mapping[str, Any]) -> bool:
    metric = configuration.get("PredefinedMetricSpecification", {})
    return metric.get("PredefinedMetricType") == REQUESTS and not metric.get("ResourceLabel")


def _known_label(desired: ScalingPolicies, policies: Mapping[str, Mapping[str, Any]]) -> str:
    """The label of a policy that counts the requests of this target group already."""
    group = desired.target_group.rpartition(":")[2]
    for configuration in policies.values():
        metric = configuration.get("PredefinedMetricSpecification", {})
        label = str(metric.get("ResourceLabel", ""))
        if group and label.endswith(f"/{group}"):
            return label
    return ""


def _asked_label(desired: ScalingPolicies) -> Observation[str]:
    """``app/<name>/<id>/targetgroup/<name>/<id>`` from the target group's load balancer (E8)."""
    if not desired.target_group:
        return ""
    (answer,) = yield (target_group(desired.target_group),)
    return label_of(answer, desired.target_group)


def target_group(arn: str) -> Read:
    """The target group; one that is not there is an empty answer."""
    return Read(
        "elbv2",
        "DescribeTargetGroups",
        {"TargetGroupArns": [arn]},
        absent_on=("TargetGroupNotFound", "TargetGroupNotFoundException"),
    )


def label_of(answer: Answer, arn: str) -> str:
    """The last parts of the load balancer's and the target group's ARNs; empty without one."""
    group = reads.pick(answer, "TargetGroups", "TargetGroupArn", arn) or {}
    for balancer in group.get("LoadBalancerArns", ()):
        kind, _, rest = str(balancer).partition(":loadbalancer/")[2].partition("/")
        if kind == "app":
            return f"app/{rest}/{arn.rpartition(':')[2]}"
    return ""
