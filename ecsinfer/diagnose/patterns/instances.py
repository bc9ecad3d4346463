"""EC2 instances run, and tasks cannot use them: they did not join, or not as they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from ecsinfer.diagnose.answers import cluster_in
from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Group, Instance, Template
from ecsinfer.diagnose.patterns.telltale import Pattern
from ecsinfer.events import Cause, plural, some

BOOT = timedelta(minutes=5)
"""How long an instance may take from InService until its agent has registered."""

_ECS_IMAGE = re.compile(r"ecs", re.IGNORECASE)
_OTHER_IMAGE = re.compile(r"^(?:al2023-ami-|amzn2-ami-|ubuntu|debian|RHEL|Windows|Deep Learning)")


def _unjoined(facts: Facts) -> Iterator[tuple[Group, tuple[Instance, ...]]]:
    """Groups of which instances in service are not registered, while tasks wait."""
    if facts.hosts_unknown:
        return
    registered = {host.instance for host in facts.hosts}
    for group in facts.groups:
        missing = tuple(
            each
            for each in group.instances
            if each.lifecycle == "InService" and each.id not in registered
        )
        if missing and facts.short:
            yield group, missing


def other_cluster(facts: Facts) -> Cause | None:
    """The agents went elsewhere: the user data says so, or there they are (F7)."""
    wanted = str(facts.service.get("clusterArn", "")).rpartition("/")[2]
    there = {host.instance: host for host in facts.strays}
    for group, missing in _unjoined(facts):
        user_data = group.template.user_data if group.template else ""
        strays = [there[each.id] for each in missing if each.id in there]
        named = cluster_in(user_data) or ("default" if strays else wanted)
        if named == wanted:
            continue
        found = (f"container instance {each.id} of cluster {named}" for each in strays[:1])
        return cause(
            "instances-join-other-cluster",
            f"instances of Auto Scaling group {group.name} join cluster {named}, not {wanted}",
            _evidence(group, missing, f"user data: {_cluster_line(user_data)}", *found),
            f"write ECS_CLUSTER={wanted} to /etc/ecs/ecs.config in the launch template's user "
            "data, and replace the instances (aws autoscaling start-instance-refresh)",
        )
    return None


def _cluster_line(user_data: str) -> str:
    lines = [line.strip() for line in user_data.splitlines() if "cluster" in line.lower()]
    return lines[0] if lines else "it does not set ECS_CLUSTER"


def without_role(facts: Facts) -> Cause | None:
    """Without an instance profile the agent has no credentials."""
    for group, missing in _unjoined(facts):
        template = group.template
        if template is None or template.profile or not template.image:
            continue
        return cause(
            "instances-without-role",
            f"instances of Auto Scaling group {group.name} cannot register: their launch template "
            "has no instance profile",
            _evidence(group, missing, "IamInstanceProfile: none"),
            "give the launch template an instance profile whose role has the policy "
            "AmazonEC2ContainerServiceforEC2Role, and replace the instances",
        )
    return None


def wrong_image(facts: Facts) -> Cause | None:
    """An AMI whose name tells that it is not one with the ECS agent (J5)."""
    for group, missing in _unjoined(facts):
        template = group.template
        if template is None or not _OTHER_IMAGE.search(template.image_name):
            continue
        if _installs_agent(template):
            continue
        return cause(
            "instances-wrong-image",
            f"instances of Auto Scaling group {group.name} have no ECS agent: {template.image} is "
            "not an ECS-optimised AMI",
            _evidence(group, missing, f"{template.image}: {template.image_name}"),
            "use an ECS-optimised AMI (SSM parameter /aws/service/ecs/optimized-ami/"
            "amazon-linux-2023/gpu/recommended for GPUs), and replace the instances",
        )
    return None


def _installs_agent(template: Template) -> bool:
    return bool(_ECS_IMAGE.search(template.image_name)) or "ecs-init" in template.user_data


def never_join(facts: Facts) -> Cause | None:
    """Nothing in the template is wrong, and still no agent has called."""
    if other_cluster(facts) or without_role(facts) or wrong_image(facts):
        return None
    for group, missing in _unjoined(facts):
        # Whose age is not known may be on its way.
        late = tuple(each for each in missing if each.since and facts.now - each.since >= BOOT)
        if late:
            return cause(
                "instances-never-join",
                f"{plural(len(late), 'instance')} of Auto Scaling group {group.name}, in service "
                f"for more than {BOOT.seconds // 60} minutes, never joined the cluster",
                _evidence(group, late, "none of them is a container instance of the cluster"),
                "let their subnets reach ECS (a NAT gateway, or VPC endpoints ecs, ecs-agent and "
                "ecs-telemetry) and their security group send traffic out to port 443",
                "let their role have the policy AmazonEC2ContainerServiceforEC2Role",
                "look at /var/log/ecs/ecs-agent.log and /var/log/cloud-init-output.log on one",
            )
    return None


def _evidence(group: Group, missing: tuple[Instance, ...], *said: str) -> list[str]:
    names = some([each.id for each in missing])
    return [f"in service in {group.name}, not registered: {names}", *said]


def not_of_provider(facts: Facts) -> Cause | None:
    """Instances that were there before their provider, or lost its tag, stay without it (B8)."""
    if not facts.short:
        return None
    for provider in facts.providers:
        ours = {each.id for each in provider.group.instances} if provider.group else set()
        strangers = [
            host for host in facts.hosts if host.instance in ours and host.provider != provider.name
        ]
        if strangers and provider.group:
            return cause(
                "instances-not-of-provider",
                f"capacity provider {provider.name} does not have "
                f"{plural(len(strangers), 'instance')} of its Auto Scaling group "
                f"{provider.group.name}: its tasks never go there",
                [
                    f"container instance {each.id} ({each.instance}): capacityProviderName "
                    f"{each.provider or 'none'}"
                    for each in strangers[:1]
                ],
                f"let Auto Scaling group {provider.group.name} have the tag AmazonECSManaged "
                "(empty, propagated at launch), and replace these instances: they never get it",
            )
    return None


def agent_disconnected(facts: Facts) -> Cause | None:
    """An agent that does not answer gets no tasks."""
    # Not the providers that were read: Fargate's are not asked for, and the others may be denied.
    strategy = facts.service.get("capacityProviderStrategy", ())
    ours = {each["capacityProvider"] for each in strategy}
    lost = [
        host for host in facts.hosts if not host.connected and (not ours or host.provider in ours)
    ]
    if not lost or not facts.short:
        return None
    return cause(
        "agent-disconnected",
        f"the ECS agent of {plural(len(lost), 'container instance')} is not connected",
        (f"agentConnected false: {', '.join(each.instance for each in lost)}",),
        "restart the agent (systemctl restart ecs), or replace the instances",
    )


PATTERNS: tuple[Pattern, ...] = (
    other_cluster,
    without_role,
    wrong_image,
    never_join,
    not_of_provider,
    agent_disconnected,
)
