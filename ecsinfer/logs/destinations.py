"""Where the containers of a task definition log to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one container logs to.

    Attributes:
        container: its name.
        driver: the log driver; empty without one.
        group: the log group of awslogs; empty for every other driver.
        prefix: the first part of its streams' names; empty where the driver names them by the
            container's runtime id, which only EC2 allows (C15).
        region: the region of the log group; empty for the task's own.
    """

    container: str
    driver: str = ""
    group: str = ""
    prefix: str = ""
    region: str = ""

    @property
    def family(self) -> str:
        """What the names of all its streams begin with, up to the task id; empty without prefix."""
        return f"{self.prefix}/{self.container}/" if self.prefix else ""

    def readable(self, region: str, container: str = "") -> bool:
        """Whether it is read, by somebody who looks in a region and at one container or at all."""
        near = self.region in ("", region)
        return bool(self.group) and near and container in ("", self.container)

    def stream(self, task: str, runtime: str) -> str:
        """The stream of one task's container; empty when it has none yet."""
        return f"{self.family}{task}" if self.prefix else runtime


def destinations(definition: Mapping[str, Any]) -> tuple[Destination, ...]:
    """Where every container of a task definition logs to."""
    return tuple(_destination(each) for each in definition.get("containerDefinitions", ()))


def _destination(item: Mapping[str, Any]) -> Destination:
    log = item.get("logConfiguration") or {}
    driver, options = str(log.get("logDriver", "")), log.get("options") or {}
    if driver != "awslogs":
        return Destination(item["name"], driver)
    return Destination(
        item["name"],
        driver,
        group=options.get("awslogs-group", ""),
        prefix=options.get("awslogs-stream-prefix", ""),
        region=options.get("awslogs-region", ""),
    )
