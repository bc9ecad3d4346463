"""An account in trouble: a deploy that is explained while it is waited for, and what AWS said when."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ecsinfer.application import compile_spec
from ecsinfer.aws.gateway import Gateway
from ecsinfer.cli.diagnosis import causes_of, explainer
from ecsinfer.events import Cause, Event, Explained, Outcome
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.sandbox import furniture
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.fleet.common import fleet_of
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.spec import Spec
from tests.diagnose.shown import shown

WITHIN = 60.0
"""Simulated seconds from the first evidence of a cause until it has to be told."""


class Trouble:
    """One account, the deploys made in it, and when which cause was told."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        self.sandbox = Sandbox(scenario)
        self.told: dict[str, tuple[datetime, Cause]] = {}
        self._said: dict[str, datetime] = {}
        self._since = self.sandbox.clock.now()
        self._spells: dict[str, datetime] = {}
        self.sandbox.clock.every(1, self._watch)

    def client(self, service: str) -> Any:
        """A boto3 client of the account."""
        session: Any = self.sandbox.session()
        return session.client(service)

    def deploy(self, spec: Spec, timeout: float | None = 1200) -> Outcome:
        """Deploy, however it ends."""
        clock = self.sandbox.clock
        self.told.clear()
        self._begin()
        gateway = Gateway(self.sandbox.session(), clock=clock, jitter=random.Random(1))
        reconciler = Reconciler(
            gateway,
            clock,
            self._listen,
            jitter=random.Random(1),
            explain=explainer(gateway, clock, spec),
        )
        nodes = compile_spec(spec)
        return reconciler.apply(reconciler.plan(nodes, spec.name), nodes, timeout=timeout)

    def causes(self, spec: Spec, service: str = "llm") -> dict[str, Cause]:
        """What `ecsinfer explain` would say now, by code."""
        gateway = Gateway(self.sandbox.session(), clock=self.sandbox.clock)
        found = causes_of(gateway, self.sandbox.clock, spec, service) or ()
        return {each.code: each for each in found}

    def named(self, spec: Spec, code: str, evidence: str, service: str = "llm") -> Cause:
        """The cause, once `ecsinfer explain` tells it: when there is evidence, and in time.

        Evidence since the last deploy began counts; it has to come within an hour from now.
        """
        clock = self.sandbox.clock
        last = clock.now() + timedelta(hours=1)
        self._watch()
        while not self._moments(evidence):
            assert clock.now() < last, f"AWS never said {evidence!r}"
            assert code not in self.causes(spec, service), f"{code} is told without evidence"
            clock.sleep(20)
        late = max(clock.now(), self.first_evidence(evidence) + timedelta(seconds=WITHIN))
        while code not in (told := self.causes(spec, service)):
            assert clock.now() < late, [code, *told]
            clock.sleep(10)
        return told[code]

    def first_evidence(self, sentence: str) -> datetime:
        """When AWS first said something like it since the last deploy began."""
        moments = self._moments(sentence)
        assert moments, f"AWS never said {sentence!r}"
        return min(moments)

    def seconds_until_told(self, code: str, evidence: str) -> float:
        """Simulated seconds from the first evidence until the deploy told the cause."""
        return (self.told[code][0] - self.first_evidence(evidence)).total_seconds()

    def note(self, text: str) -> None:
        """AWS says this from now on."""
        self._said[text] = self.sandbox.clock.now()

    def _moments(self, sentence: str) -> list[datetime]:
        words = [*self.words(), *((moment, text) for text, moment in self._said.items())]
        found = [moment for moment, text in words if re.search(sentence, text)]
        return [moment for moment in found if moment >= self._since]

    def behave(self, scenario: Scenario) -> None:
        """The world is another one from now on."""
        self.sandbox.behave(scenario)

    def launch(self, group: str = furniture.GPU_GROUP, **data: Any) -> None:
        """Launch instances of the group by a changed template from now on; replace those there."""
        template = {"gpu-asg": furniture.GPU_LAUNCH_TEMPLATE}.get(
            group, furniture.CPU_LAUNCH_TEMPLATE
        )
        ec2 = self.client("ec2")
        versions = ec2.describe_launch_template_versions(
            LaunchTemplateId=template, Versions=["$Latest"]
        )
        content = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"] | data
        content = {key: value for key, value in content.items() if value is not None}
        ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=content)

    def replace_instances(self, group: str = furniture.GPU_GROUP) -> None:
        """Terminate the group's instances, as an instance refresh does."""
        scaling = self.client("autoscaling")
        (found,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
            "AutoScalingGroups"
        ]
        for instance in found["Instances"]:
            scaling.terminate_instance_in_auto_scaling_group(
                InstanceId=instance["InstanceId"], ShouldDecrementDesiredCapacity=False
            )

    def resize(self, group: str = furniture.GPU_GROUP, **sizes: Any) -> None:
        """UpdateAutoScalingGroup."""
        self.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=group, **sizes)

    def _listen(self, event: Event) -> None:
        for moment, text in self.words():
            self._said.setdefault(text, moment)
        if isinstance(event, Explained):
            for cause in event.causes:
                self.told.setdefault(cause.code, (self.sandbox.clock.now(), cause))

    def words(self) -> Iterator[tuple[datetime, str]]:
        """Everything that AWS says in this account now, with its time."""
        world = self.sandbox.world
        for service in world.services.values():
            yield from ((event.created_at, event.message) for event in service.events)
        for task in world.tasks.values():
            if task.stopping_at:
                yield task.stopping_at, task.stopped_reason
                yield from (
                    (task.stopping_at, f"exit {each.exit_code}") for each in task.containers
                )
                yield task.stopping_at, task.last_status
        for group in fleet_of(world).groups.values():
            yield from ((each.started_at, each.status_message) for each in group.activities)
        for host in world.container_instances.values():
            yield host.registered_at, f"registered with {host.capacity_provider or 'no provider'}"

    def _begin(self) -> None:
        """What was seen so far is no evidence of what comes now."""
        self._since = self.sandbox.clock.now()
        self._said.clear()

    def _watch(self) -> None:
        """Note what AWS shows without saying since when, once it has lasted too long."""
        now, seen = self.sandbox.clock.now(), dict(shown(self.sandbox.world))
        self._spells = {text: self._spells.get(text, now) for text in seen}
        for text, normal in seen.items():
            if now - self._spells[text] >= normal:
                self._said.setdefault(text, now)
