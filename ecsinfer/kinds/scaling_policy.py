"""Scaling policies of a service: put whole; only ours are pruned (E6, E13).

Ours are the ones whose names begin with our prefix. Others are changed only where the spec calls
them by their names, and never deleted.
"""

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
    Ready,
    Step,
    Verb,
    Verdict,
)

REQUESTS = "ALBRequestCountPerTarget"
_TRACKING = "TargetTrackingScaling"
_DEFAULTS = {"ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": False}
"""What AWS takes for an ECS service when it is not said, and shows afterwards (E10)."""


@dataclass(frozen=True, slots=True)
class ScalingPolicies:
    """The policies that are wanted of a service.

    Attributes:
        cluster: the cluster's name.
        service: the service's name.
        application: who owns the service; begins the policies' names.
        policies: name without our prefix -> ``TargetTrackingScalingPolicyConfiguration``. A
            request-count metric needs no ``ResourceLabel``: it follows from the target group (E8).
        named: name in AWS -> ``PolicyType`` and its configuration, of policies with other names.
        target_group: ARN of the target group whose requests are counted.
        params: the service's declared fields, which tell whether it will be replaced (E12).
        adopt: whether the scaling of a foreign service may be changed.
    """

    cluster: str
    service: str
    application: str
    policies: Mapping[str, Mapping[str, Any]]
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    target_group: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    adopt: bool = False

    @property
    def address(self) -> dict[str, str]:
        """What every call names the service by."""
        return scaling.address(self.cluster, self.service)


@dataclass(frozen=True, slots=True)
class ObservedPolicies:
    """What is there.

    Attributes:
        policies: name in AWS -> ``PolicyType`` and its configuration, of ours and of those that
            are called by their names; none while the target has lapsed.
        others: the same of all other policies of the service.
        service: the service that they scale; None when it is not there.
        label: the ``ResourceLabel`` of the target group; empty when no policy needs one, or the
            target group has no load balancer.
    """

    policies: Mapping[str, Mapping[str, Any]]
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service: Mapping[str, Any] | None = None
    label: str = ""


class ScalingPoliciesKind:
    """Knows the scaling policies of one service."""

    name: ClassVar[str] = "scaling-policies"

    def observe(
        self, desired: ScalingPolicies, saved: Mapping[str, str]
    ) -> Observation[ObservedPolicies | None]:
        """The policies; never None, because the label that is wanted follows from an answer."""
        answer, targets, described = yield (
            reads.scaling_policies(desired.cluster, desired.service),
            reads.scalable_targets(desired.cluster, desired.service),
            reads.services(desired.cluster, [desired.service]),
        )
        target = scaling.target(targets, desired.cluster, desired.service)
        service = reads.pick(described, "services", "serviceName", desired.service)
        lapsed = target is None or scaling.lapsed(target, service, desired.params)
        found = () if lapsed else answer.get("ScalingPolicies", ())
        start = scaling.prefix(desired.application)
        others = {str(each["PolicyName"]): _form(each) for each in found}
        policies = {
            name: others.pop(name)
            for name in tuple(others)
            if name in desired.named or name.startswith(start)
        }
        label = ""
        if any(map(_needs_label, _forms(desired).values())):
            label = _known_label(desired, policies) or (yield from _asked_label(desired))
        return ObservedPolicies(policies, others, service, label)

    def diff(
        self, desired: ScalingPolicies, observed: ObservedPolicies | None
    ) -> tuple[Verb, tuple[Change, ...]]:
        """Every policy whole; those of ours that are declared no more are pruned.

        Raises:
            PreflightError: requests are to be counted on a target group without load balancer, or
                another policy tracks the same metric.
            OwnershipError: the service is not ours, and its scaling would have to be changed.
        """
        seen = observed or ObservedPolicies({})
        changes = _changes(desired, seen)
        if not changes:
            return Verb.KEEP, ()
        scaling.require_ours(
            seen.service, desired.service, desired.application, adopt=desired.adopt
        )
        _require_untracked(desired, seen)
        return (Verb.UPDATE if seen.policies else Verb.CREATE), changes

    def steps(
        self, desired: ScalingPolicies, observed: ObservedPolicies | None, verb: Verb
    ) -> tuple[Step, ...]:
        """Put what differs, then delete what is declared no more."""
        if verb is Verb.KEEP:
            return ()
        seen = observed or ObservedPolicies({})
        wanted = _wanted(desired, seen.label)
        puts = [
            Call(
                "application-autoscaling",
                "PutScalingPolicy",
                {
                    "PolicyName": name,
                    **desired.address,
                    **form,
                },
                retry_on=frozenset({"busy", "consistency"}),
            )
            for name, form in sorted(wanted.items())
            if _of_policy(name, form, seen.policies.get(name))
        ]
        prunes = [
            Call(
                "application-autoscaling",
                "DeleteScalingPolicy",
                {"PolicyName": name, **desired.address},
                retry_on=frozenset({"busy", "gone"}),
            )
            for name in _surplus(seen, wanted)
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
    changes = (
        change
        for name, form in sorted(wanted.items())
        for change in _of_policy(name, form, observed.policies.get(name))
    )
    gone = _surplus(observed, wanted)
    return (*changes, *(Change(f"policies[{name}]", "declared no more", None) for name in gone))


def _of_policy(
    name: str, wanted: Mapping[str, Any], found: Mapping[str, Any] | None
) -> tuple[Change, ...]:
    path = f"policies[{name}]"
    if found is None:
        return (Change(path, None, _configuration(wanted)),)
    old, new = found["PolicyType"], wanted["PolicyType"]
    if old != new:
        return (Change(f"{path}.PolicyType", old, new),)
    return differences(
        _comparable(_configuration(wanted)), _comparable(_configuration(_filled(found))), path=path
    )


def _require_untracked(desired: ScalingPolicies, observed: ObservedPolicies) -> None:
    """AWS takes one target tracking policy for a metric (E7), whoever put it."""
    tracked = {name: _predefined(form) for name, form in observed.others.items()}
    for name, form in _wanted(desired, observed.label).items():
        metric = _predefined(form)
        if name in observed.policies or metric is None:
            continue
        for other, theirs in tracked.items():
            if theirs == metric:
                raise PreflightError(
                    f"service {desired.service} is to scale on {metric['PredefinedMetricType']}, "
                    f"which its policy {other} does already",
                    hint=f"call it by its name in `scaling.policy_names`, or delete it: aws "
                    f"application-autoscaling delete-scaling-policy --policy-name {other} ...",
                )


def _predefined(form: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return _configuration(form).get("PredefinedMetricSpecification")


def _surplus(observed: ObservedPolicies, wanted: Mapping[str, Any]) -> list[str]:
    """Names of what is ours and declared no more; what is called by its name is declared."""
    return sorted(observed.policies.keys() - wanted.keys())


def _wanted(desired: ScalingPolicies, label: str) -> dict[str, dict[str, Any]]:
    wanted = {name: _filled(form) for name, form in _forms(desired).items()}
    for form in wanted.values():
        if _needs_label(form):
            if not label:
                raise PreflightError(
                    f"service {desired.service} is to scale on requests, and its target group "
                    f"{desired.target_group or '(none)'} has no Application Load Balancer",
                    hint="attach the target group to a listener, or scale on cpu or memory",
                )
            configuration = form[_member(form)]
            metric = {**configuration["PredefinedMetricSpecification"], "ResourceLabel": label}
            form[_member(form)] = {**configuration, "PredefinedMetricSpecification": metric}
    return wanted


def _forms(desired: ScalingPolicies) -> dict[str, Mapping[str, Any]]:
    """Every policy in PutScalingPolicy's form, by its name in AWS."""
    start = scaling.prefix(desired.application)
    own = {
        start + name: {"PolicyType": _TRACKING, f"{_TRACKING}PolicyConfiguration": configuration}
        for name, configuration in desired.policies.items()
    }
    return {**own, **desired.named}


def _form(entry: Mapping[str, Any]) -> dict[str, Any]:
    typed = {"PolicyType": entry.get("PolicyType", _TRACKING)}
    return {**typed, _member(typed): entry.get(_member(typed), {})}


def _member(form: Mapping[str, Any]) -> str:
    return f"{form['PolicyType']}PolicyConfiguration"


def _configuration(form: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = form.get(_member(form), {})
    return found


def _filled(form: Mapping[str, Any]) -> dict[str, Any]:
    defaults = _DEFAULTS if form["PolicyType"] == _TRACKING else {}
    return {**form, _member(form): {**defaults, **_configuration(form)}}


def _comparable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    # A target comes back as float, dimensions in any order.
    custom = dict(configuration.get("CustomizedMetricSpecification") or {})
    if custom.get("Dimensions"):
        custom["Dimensions"] = sorted(custom["Dimensions"], key=lambda each: str(each["Name"]))
    return {**configuration, **({"CustomizedMetricSpecification": custom} if custom else {})}


def _needs_label(form: Mapping[str, Any]) -> bool:
    metric = _configuration(form).get("PredefinedMetricSpecification", {})
    return metric.get("PredefinedMetricType") == REQUESTS and not metric.get("ResourceLabel")


def _known_label(desired: ScalingPolicies, policies: Mapping[str, Mapping[str, Any]]) -> str:
    """The label of a policy that counts the requests of this target group already."""
    group = desired.target_group.rpartition(":")[2]
    for form in policies.values():
        metric = _configuration(form).get("PredefinedMetricSpecification", {})
        label = str(metric.get("ResourceLabel", ""))
        if group and label.endswith(f"/{group}"):
            return label
    return ""


def _asked_label(desired: ScalingPolicies) -> Observation[str]:
    """``app/<name>/<id>/targetgroup/<name>/<id>`` from the target group's load balancer (E8)."""
    if not desired.target_group:
        return ""
    (answer,) = yield (reads.target_group(desired.target_group),)
    return label_of(answer, desired.target_group)


def label_of(answer: Answer, arn: str) -> str:
    """The last parts of the load balancer's and the target group's ARNs; empty without one."""
    group = reads.pick(answer, "TargetGroups", "TargetGroupArn", arn) or {}
    for balancer in group.get("LoadBalancerArns", ()):
        kind, _, rest = str(balancer).partition(":loadbalancer/")[2].partition("/")
        if kind == "app":
            return f"app/{rest}/{arn.rpartition(':')[2]}"
    return ""
