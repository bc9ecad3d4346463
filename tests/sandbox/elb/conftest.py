"""What the tests of load balancing share."""

from __future__ import annotations

import pytest

from tests.sandbox.elb.balancer import Balancer


@pytest.fixture
def balancer() -> Balancer:
    """A furnished load balancer."""
    return Balancer()
