"""What the tests of service auto scaling share."""

from __future__ import annotations

import pytest

from tests.sandbox.scaling.scaled import Scaled


@pytest.fixture
def scaled() -> Scaled:
    """A cluster and a task definition, without the service yet."""
    return Scaled()


@pytest.fixture
def running(scaled: Scaled) -> Scaled:
    """The service runs two tasks."""
    scaled.create()
    return scaled


@pytest.fixture
def tracked(running: Scaled) -> Scaled:
    """The service runs two tasks and follows its CPU utilisation: 1 to 10 tasks, 50 percent."""
    running.register()
    running.track()
    return running
