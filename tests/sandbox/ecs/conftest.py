"""What the tests of the ECS operations share."""

from __future__ import annotations

import pytest

from tests.sandbox.ecs.service_world import ServiceWorld


@pytest.fixture
def services() -> ServiceWorld:
    """An account in which services can be created."""
    return ServiceWorld()
