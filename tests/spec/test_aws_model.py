from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest

from ecsinfer.spec import aws_model


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    aws_model.shapes.cache_clear()
    yield
    aws_model.shapes.cache_clear()


@pytest.mark.parametrize("service", ["ecs", "application-autoscaling"])
def test_the_model_is_that_of_the_installed_botocore(service: str) -> None:
    loaded = botocore.session.get_session().get_service_data(service)
    assert aws_model.shapes(service) == loaded["shapes"]


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_a_newer_model_that_botocore_would_find_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    text = json.dumps({"shapes": {"New": {"type": "string"}}}).encode()
    file = tmp_path / "ecs" / "2014-11-13" / f"service-2{suffix}"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert aws_model.shapes("ecs") == {"New": {"type": "string"}}


def test_a_service_that_there_is_no_model_of_has_no_shapes() -> None:
    assert aws_model.shapes("no-such-service") == {}


def test_a_home_that_nobody_has_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", "~no-such-user/models")
    assert "CreateServiceRequest" in aws_model.shapes("ecs")
