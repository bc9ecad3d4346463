"""What a plan takes for granted and ecsinfer does not make: looked at before the first write.

Only what is about to be written is asked about, so that a plan with nothing to do costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecsinfer.application import headroom, preflight_capacity
from ecsinfer.capacity.slots import requirements
from ecsinfer.errors import PreflightError
from ecsinfer.events import Warned
from ecsinfer.kinds import reads
from ecsinfer.kinds.capacity_provider import CapacityProvider
from ecsinfer.kinds.images import ecr_images
from ecsinfer.kinds.task_definition import TaskDefinitionKind
from ecsinfer.model import Answer, Call, Node, Observation, Plan

AnyNode = Node[Any, Any]

_STARTS_TASKS = {
    "capacityProviderStrategy",
    "desiredCount",
    "forceNewDeployment",
    "taskDefinition",
}
"""Fields of a service whose change starts tasks."""


@dataclass(frozen=True, slots=True)
class Found:
    """What cannot work, and what the user should know all the same."""

    refusals: tuple[PreflightError, ...] = ()
    warnings: tuple[Warned, ...] = ()


def asked(plan: Plan, nodes: Sequence[AnyNode]) -> dict[str, Observation[Found]]:
    """What to look at before `plan`, made from `nodes`, is carried out."""
    by_key = {node.key: node for node in nodes}
    bound = {
        node.desired.name: node.desired.group_name
        for node in nodes
        if isinstance(node.desired, CapacityProvider)
    }
    steps = [(by_key[action.node], step) for action in plan.actions for step in action.steps]
    calls = [(node, step) for node, step in steps if isinstance(step, Call)]
    created = [
        node.desired.name for node, call in calls if call.operation == "CreateCapacityProvider"
    ]
    looks: dict[str, Observation[Found]] = {}
    for node, call in calls:
        if call.operation in {"CreateService", "UpdateService"}:
            definition = by_key[f"{TaskDefinitionKind.name}/{node.name}"].desired.request
            looks |= _service(node, call.params, definition, bound)
        elif call.operation == "RegisterTaskDefinition":
            looks[node.key] = _images(node, plan.target.region)
        elif not node.unwanted:
            looks |= _provider(node, call, created, plan.target.region)
    return looks


def require(found: Iterable[Found]) -> tuple[Warned, ...]:
    """The warnings.

    Raises:
        PreflightError: for all that cannot work, at once.
    """
    found = list(found)
    refusals = [refusal for each in found for refusal in each.refusals]
    if refusals:
        texts = dict.fromkeys(map(str, refusals))
        hints = dict.fromkeys(refusal.hint for refusal in refusals)
        raise PreflightError("\n".join(texts), hint="\n".join(hints))
    return tuple(warning for each in found for warning in each.warnings)


def _service(
    node: AnyNode,
    params: Mapping[str, Any],
    definition: Mapping[str, Any],
    bound: Mapping[str, str],
) -> Iterator[tuple[str, Observation[Found]]]:
    """What a CreateService or an UpdateService, which has but what changes, wants to be there."""
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if network:
        yield f"{node.key} network", _network(node, network)
    if params.get("loadBalancers"):
        mode = definition.get("networkMode") or "bridge"
        yield f"{node.key} targets", _targets(node, params["loadBalancers"], mode)
    strategy = node.desired.params.get("capacityProviderStrategy") or ()
    names = [str(each["capacityProvider"]) for each in strategy]
    if _STARTS_TASKS & params.keys() and not set(names) & set(reads.FARGATE):
        yield f"{node.key} capacity", _capacity(node, definition, names, bound)


def _provider(
    node: AnyNode, call: Call, created: Sequence[str], region: str
) -> Iterator[tuple[str, Observation[Found]]]:
    """What a capacity provider, or a cluster's list of them, wants to be there."""
    if call.operation == "PutClusterCapacityProviders":
        names = call.params["capacityProviders"]
        looked = preflight_capacity.association(call.params["cluster"], names, created, region)
        yield node.key, _refusals(looked)
    elif isinstance(node.desired, CapacityProvider):
        settings = call.params.get("autoScalingGroupProvider", {})
        if call.operation == "CreateCapacityProvider":
            yield node.key, _refusals(preflight_capacity.group(node.desired, region, settings))
        elif call.operation == "UpdateCapacityProvider":
            yield node.key, _refusals(preflight_capacity.protection(node.desired, settings))


def _refusals(looked: Observation[tuple[PreflightError, ...]]) -> Observation[Found]:
    refusals = yield from looked
    return Found(refusals)


def _images(node: AnyNode, region: str) -> Observation[Found]:
    """The images that the region's ECR should have (J2): without one no task starts."""
    images = ecr_images(node.desired.request, region)
    answers = yield tuple(image.read for image in images)
    return Found(
        warnings=tuple(
            Warned(
                f"image {image.reference} is not in its repository: until it is pushed no task "
                "starts",
                node=node.key,
            )
            for image, answer in zip(images, answers, strict=True)
            if "denied" not in answer and image.pinned(answer) == image.reference
        )
    )


def _network(node: AnyNode, network: Mapping[str, Any]) -> Observation[Found]:
    """The subnets, of one VPC, and the security groups are there (D11)."""
    subnets = [str(each) for each in network.get("subnets") or ()]
    groups = [str(each) for each in network.get("securityGroups") or ()]
    answers = yield (reads.subnets(subnets), *([reads.security_groups(groups)] if groups else ()))
    known = {each["SubnetId"]: each.get("VpcId") for each in answers[0].get("Subnets", ())}
    what, refusals = f"service {node.desired.name}", []
    missing = _missing(subnets, known, answers[0])
    if missing:
        refusals.append(f"{what}: there is no subnet {', '.join(missing)}")
    elif len({known.get(each) for each in subnets}) > 1:
        refusals.append(f"{what}: its subnets are not of one VPC: {', '.join(subnets)}")
    for answer in answers[1:]:
        there = {each["GroupId"] for each in answer.get("SecurityGroups", ())}
        missing = _missing(groups, there, answer)
        if missing:
            refusals.append(f"{what}: there is no security group {', '.join(missing)}")
    hint = "correct `network` in the spec, or the region or account that this runs against"
    return Found(tuple(PreflightError(text, hint=hint) for text in refusals))


def _missing(wanted: Iterable[str], there: Iterable[str], answer: Answer) -> list[str]:
    """What EC2 does not know; nothing where it may not be asked."""
    return [] if "denied" in answer else sorted(set(wanted) - set(there))


def _targets(
    node: AnyNode, balancers: Sequence[Mapping[str, Any]], mode: str
) -> Observation[Found]:
    """The target groups are there, fit the network mode (G1), and get traffic (G2)."""
    arns = list(dict.fromkeys(arn for each in balancers for arn in _target_groups(each)))
    answers = yield tuple(replace(reads.target_group(arn), optional=True) for arn in arns)
    refusals = (
        refusal
        for arn, answer in zip(arns, answers, strict=True)
        if "denied" not in answer
        for refusal in _unfit(
            node, arn, reads.pick(answer, "TargetGroups", "TargetGroupArn", arn), mode
        )
    )
    return Found(tuple(refusals))


def _target_groups(balancer: Mapping[str, Any]) -> Iterator[str]:
    alternate = (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
    yield from (str(arn) for arn in (balancer.get("targetGroupArn"), alternate) if arn)


def _unfit(
    node: AnyNode, arn: str, group: Mapping[str, Any] | None, mode: str
) -> Iterator[PreflightError]:
    what = f"service {node.desired.name}: target group {arn}"
    if group is None:
        yield PreflightError(
            f"{what} does not exist",
            hint="create it, or correct `load_balancer` in the spec, or the region or account "
            "that this runs against",
        )
        return
    wanted, has = "ip" if mode == "awsvpc" else "instance", group.get("TargetType", "")
    if has != wanted:
        yield PreflightError(
            f"{what} has targets of type {has}, and tasks in network mode {mode} are targets of "
            f"type {wanted}",
            hint=f"name a target group of type {wanted}: the type of one that exists cannot be "
            "changed",
        )
    if not group.get("LoadBalancerArns"):
        yield PreflightError(
            f"{what} has no load balancer, and ECS takes none without",
            hint="attach it to a listener or to a listener's rule and run again; what was "
            "attached just now may take a minute to be seen",
        )


def _capacity(
    node: AnyNode, definition: Mapping[str, Any], names: Sequence[str], bound: Mapping[str, str]
) -> Observation[Found]:
    """The instances that the groups launch hold its tasks (F7)."""
    count = node.desired.count
    seen = yield from headroom.expected(requirements(definition), names, bound)
    # Of a daemon it is the instances that tell how many.
    text = seen.shortage(1 if count is None else count)
    return Found(warnings=(Warned(text, node=node.key),) if text else ())
