"""One sweep of facts about one service, in a few rounds of questions, all of them optional."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ecsinfer.diagnose import answers, questions
from ecsinfer.diagnose.facts import Facts, Group, Task
from ecsinfer.kinds import reads
from ecsinfer.kinds.service_verdict import number, paused
from ecsinfer.logs import questions as log_questions
from ecsinfer.logs.destinations import destinations
from ecsinfer.logs.paging import last_events
from ecsinfer.model import Answer, Observation, Read

DEFAULT = "default"
LOGGED_TASKS = 2
"""Of how many failed tasks the containers' last lines are read: more say the same."""

LOG_LINES = 20

GAVE_UP = frozenset({"STOPPED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS",
                     "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})  # fmt: skip

Item = Mapping[str, Any]
Asked = Generator[tuple[Read, ...], tuple[Answer, ...], Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about.

    Attributes:
        cluster: its cluster's name.
        service: its name.
        deployment: which of its deployments, ``ecs-svc/...``; else the newest one.
        key: what the spec calls it; its name by default.
    """

    cluster: str
    service: str
    deployment: str = ""
    key: str = ""


def gather(subject: Subject, now: datetime) -> Observation[Facts | None]:
    """What there is to know; None when there is no such service."""
    cluster, name = subject.cluster, subject.service
    described, clusters, targets, deployments, running, stopped, hosts, daemons = yield (
        reads.services(cluster, [name]),
        reads.clusters(cluster),
        replace(reads.scalable_targets(cluster, name), optional=True),
        questions.deployments(cluster, name),
        questions.tasks(cluster, name, "RUNNING"),
        questions.tasks(cluster, name, "STOPPED"),
        questions.hosts(cluster),
        questions.daemons(cluster),
    )
    service = reads.alive(reads.pick(described, "services", "serviceName", name))
    if service is None:
        return None
    sweep = _Sweep(cluster, service, now)
    sweep.note(targets, deployments, running, stopped, hosts, daemons)
    sweep.choose(subject.deployment, deployments)
    yield from sweep.describe(running, stopped, hosts)
    yield from sweep.look_behind()
    return replace(sweep.facts(clusters, targets, daemons), key=subject.key or name)


class _Sweep:
    """What is known so far of one service."""

    def __init__(self, cluster: str, service: Item, now: datetime) -> None:
        self.cluster, self.service, self.now = cluster, service, now
        self.denied: dict[str, None] = {}
        self.deployment, self.since, self.revision = "", now, ""
        self.definition: Item = {}
        self.tasks: Sequence[Item] = ()
        self.hosts: Sequence[Item] = ()
        self.strays: Sequence[Item] = ()
        self.providers: Sequence[Item] = ()
        self.target_groups: Sequence[Item] = ()
        self.attributes: dict[str, Answer] = {}
        self.health: dict[str, Answer] = {}
        self.alarms: Answer = {}
        self.hooked = ""
        self.rollout: Item = {}
        self.groups: dict[str, Group] = {}
        self.logs: dict[tuple[str, str], tuple[str, ...]] = {}
        self.protected: frozenset[str] = frozenset()
        self.zones: tuple[str, ...] = ()
        self.enabled: dict[str, tuple[str, ...]] = {}

    def note(self, *given: Answer, where: str = "") -> None:
        """Remember what may not be read, and where, if that is not the service's own cluster."""
        self.denied.update(
            (f"{answer['denied']}{where}", None) for answer in given if "denied" in answer
        )

    def choose(self, wanted: str, listed: Answer) -> None:
        """Which deployment is in question, and since when.

        A deployment that was rolled back is not among the service's own any more, and what came
        after it is a rollback: the newest one that was asked for is meant.
        """
        newest: Item = next(iter(listed.get("serviceDeployments", ())), {})
        primary: Item = next(iter(self.service.get("deployments", ())), {})
        if not wanted and newest.get("status") in GAVE_UP:
            wanted = f"ecs-svc/{number(newest.get('targetServiceRevisionArn', ''))}"
        self.deployment = wanted or str(primary.get("id", ""))
        known = [
            each for each in self.service.get("deployments", ()) if each["id"] == self.deployment
        ]
        briefs = [
            each
            for each in listed.get("serviceDeployments", ())
            if number(each.get("targetServiceRevisionArn", "")) == number(self.deployment)
        ]
        self.since = answers.newest((each.get("createdAt") for each in (*known, *briefs)), self.now)
        self.revision = known[0].get("taskDefinition", "") if known else ""
        brief: Item = next(iter(briefs), {})
        if brief.get("status") == "IN_PROGRESS" and self._configured("lifecycleHooks"):
            self.hooked = str(brief.get("serviceDeploymentArn", ""))

    def describe(self, running: Answer, stopped: Answer, hosts: Answer) -> Asked:
        """The second round: what the first one named."""
        arns = [*running.get("taskArns", ()), *stopped.get("taskArns", ())]
        machines = hosts.get("containerInstanceArns", ())
        names = [
            each["capacityProvider"]
            for each in self.service.get("capacityProviderStrategy", ())
            if not each["capacityProvider"].startswith("FARGATE")
        ]
        groups = self._target_group_arns()
        asked = {
            "tasks": [reads.described_tasks(self.cluster, arns)] if arns else [],
            "hosts": [questions.host_details(self.cluster, machines)] if machines else [],
            "providers": [_providers(self.cluster, names)] if names else [],
            "groups": [questions.target_groups(groups)] if groups else [],
            "attributes": [questions.target_group_attributes(arn) for arn in groups],
            "health": [questions.target_health(arn) for arn in groups],
            "alarms": [questions.alarms(found)] if (found := self._alarm_names()) else [],
            "rollout": [reads.service_deployment(self.hooked)] if self.hooked else [],
        }
        told = yield from self._ask(asked)
        self.tasks = _members(told["tasks"], "tasks")
        self.hosts = _members(told["hosts"], "containerInstances")
        self.providers = _members(told["providers"], "capacityProviders")
        self.target_groups = _members(told["groups"], "TargetGroups")
        self.attributes = dict(zip(groups, told["attributes"], strict=True))
        self.health = dict(zip(groups, told["health"], strict=True))
        self.alarms = next(iter(told["alarms"]), {})
        self.rollout = next(iter(_members(told["rollout"], "serviceDeployments")), {})

    def look_behind(self) -> Asked:
        """The later rounds: groups and logs, then templates and images where they may matter."""
        ours = [each for each in self.tasks if each.get("startedBy") == self.deployment]
        revision = self.revision or next((each["taskDefinitionArn"] for each in ours), "")
        revision = revision or self.service.get("taskDefinition", "")
        names = [name for each in self.providers if (name := _group_name(each))]
        balancers = [arn for each in self.target_groups for arn in each.get("LoadBalancerArns", ())]
        network = self.service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        outdated = [
            each["taskArn"]
            for each in self.tasks
            if each.get("startedBy") != self.deployment and each.get("lastStatus") == "RUNNING"
        ]
        asked = {
            "definition": [questions.task_definition(revision)],
            "groups": [replace(reads.auto_scaling_groups(each), optional=True) for each in names],
            "activities": [questions.activities(each) for each in names],
            "balancers": [questions.load_balancers(balancers)] if balancers else [],
            "subnets": [questions.subnets(found)] if (found := network.get("subnets")) else [],
            "protection": [questions.protection(self.cluster, outdated)] if outdated else [],
        }
        told = yield from self._ask(asked)
        self.definition = told["definition"][0].get("taskDefinition", {})
        self.zones = tuple(
            dict.fromkeys(each["AvailabilityZone"] for each in _members(told["subnets"], "Subnets"))
        )
        self.protected = frozenset(
            answers.last(each["taskArn"])
            for each in _members(told["protection"], "protectedTasks")
            if each.get("protectionEnabled")
        )
        self._enable(_members(told["balancers"], "LoadBalancers"))
        found = {
            each["AutoScalingGroupName"]: each
            for each in _members(told["groups"], "AutoScalingGroups")
        }
        activities = dict(zip(names, told["activities"], strict=True))
        yield from self._closer(found, activities)

    def _closer(self, groups: Mapping[str, Item], activities: Mapping[str, Answer]) -> Asked:
        """Logs of what failed; templates of groups whose instances are missing or too few."""
        streams = dict(self._streams())
        puzzling = {name: item for name, item in groups.items() if self._puzzling(item)}
        asked = {
            "logs": [
                replace(log_questions.last_lines(*where, LOG_LINES), optional=True)
                for where in streams.values()
            ],
            "templates": [_template_read(item) for item in puzzling.values()],
        }
        told = yield from self._ask(asked)
        pages = yield from last_events(asked["logs"], told["logs"], LOG_LINES)
        for key, events in zip(streams, pages, strict=True):
            # Some drivers make one event of several lines, such as a traceback.
            lines = (
                line.rstrip() for each in events for line in each.get("message", "").splitlines()
            )
            self.logs[key] = tuple(line for line in lines if line)[-LOG_LINES:]
        launched = {
            name: answers.template(groups[name], answer)
            for name, answer in zip(puzzling, told["templates"], strict=True)
        }
        amis = {name: each.image for name, each in launched.items() if each.image}
        # An agent whose user data names no cluster joins the one called default (F7).
        nameless = any(not answers.cluster_in(each.user_data) for each in launched.values())
        asked = {
            "images": [questions.image(ami) for ami in amis.values()],
            "strays": [questions.hosts(DEFAULT)] if nameless and self.cluster != DEFAULT else [],
        }
        told = yield from self._ask(asked)
        names = {
            name: next((str(each.get("Name", "")) for each in answer.get("Images", ())), "")
            for name, answer in zip(amis, told["images"], strict=True)
        }
        strays = _members(told["strays"], "containerInstanceArns")
        if strays:
            told = yield from self._ask({"strays": [questions.host_details(DEFAULT, strays)]})
            self.strays = _members(told["strays"], "containerInstances")
        for name, item in groups.items():
            template = launched.get(name)
            if template is not None:
                template = replace(template, image_name=names.get(name, ""))
            self.groups[name] = answers.group(item, activities.get(name, {}), template)

    def facts(self, clusters: Answer, targets: Answer, daemons: Answer) -> Facts:
        """All of it."""
        states = [each.get("attachmentsStatus", "") for each in clusters.get("clusters", ())]
        return Facts(
            now=self.now,
            service=self.service,
            deployment=self.deployment,
            since=self.since,
            definition=self.definition,
            events=answers.said(self.service, self.deployment, self.since),
            tasks=tuple(self._task(each) for each in self.tasks),
            hosts=tuple(map(answers.host, self.hosts)),
            strays=tuple(map(answers.host, self.strays)),
            providers=tuple(answers.provider(each, self.groups) for each in self.providers),
            targets=tuple(
                each for arn, answer in self.health.items() for each in answers.targets(arn, answer)
            ),
            target_groups=tuple(
                answers.target_group(
                    each,
                    self.attributes.get(each["TargetGroupArn"], {}),
                    self.enabled.get(each["TargetGroupArn"], ()),
                )
                for each in self.target_groups
            ),
            zones=self.zones,
            daemons=len(daemons.get("serviceArns", ())),
            alarms=answers.alarming(self.alarms),
            attachments=next((state for state in states if state == "UPDATE_FAILED"), ""),
            scaling=next(iter(targets.get("ScalableTargets", ())), {}),
            pauses=tuple(answers.pause(self.rollout, hook) for hook in paused(self.rollout)),
            denied=tuple(self.denied),
        )

    def _ask(self, asked: Mapping[str, Sequence[Read]]) -> Asked:
        """One round; the answers by the name that their reads were asked under."""
        flat = tuple(read for group in asked.values() for read in group)
        left = iter((yield flat) if flat else ())
        told = {name: [next(left) for _ in group] for name, group in asked.items()}
        for name, given in told.items():
            self.note(*given, where=f" of cluster {DEFAULT}" if name == "strays" else "")
        return told

    def _task(self, item: Item) -> Task:
        made = answers.task(item, self.logs)
        return replace(made, protected=made.id in self.protected)

    def _target_group_arns(self) -> list[str]:
        balancers = self.service.get("loadBalancers", ())
        return [each["targetGroupArn"] for each in balancers if "targetGroupArn" in each]

    def _configured(self, what: str) -> Any:
        """A part of the service's deploymentConfiguration."""
        return (self.service.get("deploymentConfiguration") or {}).get(what)

    def _alarm_names(self) -> list[str]:
        configured = self._configured("alarms") or {}
        return list(configured.get("alarmNames", ())) if configured.get("enable") else []

    def _enable(self, balancers: Iterable[Item]) -> None:
        zones = {
            each["LoadBalancerArn"]: tuple(
                zone["ZoneName"] for zone in each.get("AvailabilityZones", ())
            )
            for each in balancers
        }
        for each in self.target_groups:
            users = each.get("LoadBalancerArns", ())
            self.enabled[each["TargetGroupArn"]] = tuple(
                dict.fromkeys(zone for arn in users for zone in zones.get(arn, ()))
            )

    def _streams(self) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
        """Task id and container -> log group and stream, of the tasks that failed last."""
        failed = [
            each
            for each in self.tasks
            if each.get("startedBy") == self.deployment and each.get("stoppingAt")
        ]
        failed.sort(key=lambda each: each["stoppingAt"], reverse=True)
        places = destinations(self.definition)
        for item in failed[:LOGGED_TASKS]:
            key = answers.last(item["taskArn"])
            runtime = {each["name"]: each.get("runtimeId", "") for each in item["containers"]}
            for place in places:
                stream = place.stream(key, runtime.get(place.container, ""))
                if place.group and stream:
                    yield (key, place.container), (place.group, stream)

    def _puzzling(self, item: Item) -> bool:
        """Whether tasks wait for a group that is empty, or whose instances did not all join."""
        waiting = any(
            each.get("lastStatus") == "PROVISIONING" and not each.get("containerInstanceArn")
            for each in self.tasks
        )
        registered = {each.get("ec2InstanceId") for each in self.hosts}
        instances = item.get("Instances", ())
        missing = any(
            each["InstanceId"] not in registered and each.get("LifecycleState") == "InService"
            for each in instances
        )
        return waiting or missing


def _providers(cluster: str, names: Sequence[str]) -> Read:
    """Those of the strategy; naming the cluster shows its own Managed Instances ones, too (B22)."""
    read = reads.capacity_providers(names)
    return replace(read, params={**read.params, "cluster": cluster}, optional=True)


def _group_name(provider: Item) -> str:
    arn = provider.get("autoScalingGroupProvider", {}).get("autoScalingGroupArn", "")
    return str(arn.rpartition("/")[2])


def _template_read(item: Item) -> Read:
    kind, source = answers.template_source(item)
    if kind == "template":
        return reads.launch_template(source)
    return questions.launch_configuration(source)


def _members(told: Iterable[Answer], name: str) -> list[Any]:
    return [item for answer in told for item in answer.get(name, ())]
