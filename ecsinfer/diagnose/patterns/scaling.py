"""What keeps the number of tasks or instances from moving."""

from __future__ import annotations

import math
from datetime import timedelta

from ecsinfer.diagnose.catalogue import cause
from ecsinfer.diagnose.facts import Facts, Group
from ecsinfer.diagnose.patterns.telltale import Pattern, sentence
from ecsinfer.events import Cause, plural

RELEASE = timedelta(minutes=16)
"""How long an idle instance stays protected when all is well: managed scaling lets it go once its
alarm has been low for 15 minutes (F5)."""

_PROTECTED = sentence(r"protected from scale-in")


def instances_protected(facts: Facts) -> Cause | None:
    """Auto Scaling wants fewer instances and may not take any (F2)."""
    for group in facts.groups:
        newest = next(iter(group.activities), None)
        if newest is None or not _PROTECTED.search(newest.message):
            continue
        return cause(
            "scale-in-held-by-protection",
            f"Auto Scaling group {group.name} cannot shrink to {plural(group.desired, 'instance')}: "
            "all that remain are protected from scale-in",
            (newest.message,),
            "aws autoscaling set-instance-protection --no-protected-from-scale-in for instances "
            "that nothing runs on; managed termination protection does it by itself while the "
            "capacity provider is associated",
        )
    return None


def daemons_only(facts: Facts) -> Cause | None:
    """Instances on which nothing but daemons run, and which are protected all the same."""
    for provider in facts.providers:
        if not (facts.daemons and provider.termination_protection and provider.group):
            continue
        protected = {each.id for each in provider.group.instances if each.protected}
        ours = [host for host in facts.hosts if host.provider == provider.name]
        idle = [
            host
            for host in ours
            if host.instance in protected
            and 0 < host.running <= facts.daemons
            and not any(task.host == host.id for task in facts.tasks if task.status != "STOPPED")
        ]
        wanted = math.ceil((len(ours) - len(idle)) * 100 / provider.target)
        surplus = len(ours) > max(wanted, provider.group.minimum) and not facts.short
        if idle and surplus and _at_rest(facts, provider.group):
            return cause(
                "scale-in-held-by-daemon",
                f"{plural(len(idle), 'instance')} with nothing but daemon tasks, still protected "
                "from scale-in",
                (f"ProtectedFromScaleIn: {', '.join(each.instance for each in idle)}",),
                "aws autoscaling set-instance-protection --no-protected-from-scale-in for these "
                "instances, or keep daemons off the group by a placement constraint",
            )
    return None


def _at_rest(facts: Facts, group: Group) -> bool:
    """Whether no task of the service ended, and no instance came, for as long as a release takes."""
    moved = (*(task.stopping for task in facts.tasks), *(each.since for each in group.instances))
    return all(facts.now - moment >= RELEASE for moment in moved if moment)


def suspended(facts: Facts) -> Cause | None:
    """Somebody stopped automatic scaling, and forgot."""
    state = facts.scaling.get("SuspendedState", {})
    stopped = sorted(name for name, value in state.items() if value)
    if not stopped:
        return None
    return cause(
        "scaling-suspended",
        "automatic scaling of the service is suspended",
        [f"{name}: true" for name in stopped],
        f"ecsinfer resume {facts.key or facts.service.get('serviceName', '')} lets it go on, when "
        "the trouble is over",
    )


PATTERNS: tuple[Pattern, ...] = (instances_protected, daemons_only, suspended)
