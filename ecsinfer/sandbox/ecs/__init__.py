"""The ECS control plane: one file per family of operations, strict where AWS is strict."""

from __future__ import annotations

import importlib

from ecsinfer.sandbox.state import World

OPERATIONS = (
    "account_settings",
    "associations",
    "attributes",
    "capacity_providers",
    "clusters",
    "container_instances",
    "execute_command",
    "service_deployments",
    "service_revisions",
    "services",
    "tagging",
    "task_definitions",
    "task_protection",
    "tasks",
)
"""The modules whose import registers operations in `ecsinfer.sandbox.registry.ECS`."""


def install(world: World) -> None:  # noqa: ARG001  every room is installed alike
    """Register every ECS operation; installing into another world is harmless."""
    for name in OPERATIONS:
        importlib.import_module(f"{__name__}.{name}")
