"""What makes a new world cheap."""

from __future__ import annotations

import pytest
from botocore.auth import SigV4Auth


@pytest.fixture(autouse=True)
def _no_images_for_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    # A fifth of a short life would be spent on the machine images that nobody launches here.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


@pytest.fixture(autouse=True)
def _no_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    # A tenth of every request would be spent on a signature that nobody checks here.
    monkeypatch.setattr(SigV4Auth, "canonical_request", lambda *_: "")
    monkeypatch.setattr(SigV4Auth, "signature", lambda *_: "")
