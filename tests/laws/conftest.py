"""What makes a new world cheap."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_images_for_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    # A fifth of a short life would be spent on the machine images that nobody launches here.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
