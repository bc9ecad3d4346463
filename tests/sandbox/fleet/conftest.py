"""What the tests of Auto Scaling share."""

from __future__ import annotations

import pytest

from tests.sandbox.fleet.groups import Groups


@pytest.fixture
def groups() -> Groups:
    """A sandbox of the default scenario."""
    return Groups()
