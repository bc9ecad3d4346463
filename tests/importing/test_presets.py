"""Presets: valid as they are written, and they serve on the embedded AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsinfer.cli.init import PRESETS as OFFERED
from ecsinfer.importing.presets import PRESETS, preset_text
from ecsinfer.spec import load
from ecsinfer.spec.units import parse_duration
from tests.kinds.living import Life


def test_the_command_offers_every_preset() -> None:
    assert set(OFFERED) == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_deploys_to_the_embedded_aws_as_it_is(name: str, tmp_path: Path) -> None:
    path = tmp_path / "ecsinfer.yaml"
    path.write_text(preset_text(name))
    spec, life = load(path), Life()
    assert life.deploy(spec).status == "done"
    assert life.plan(spec).empty


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_its_engine_needs(name: str, tmp_path: Path) -> None:
    path = tmp_path / "ecsinfer.yaml"
    path.write_text(preset_text(name, "mine"))
    spec, preset = load(path), PRESETS[name]
    (service,) = spec.services.values()
    assert spec.name == "mine"
    assert service.health.path == preset.ready
    assert service.health.stop_timeout == parse_duration(preset.stop)
    assert service.load_balancer[0].port == preset.ports[0][0]
    assert ("memlock" in service.ulimits) is preset.limits


@pytest.mark.parametrize(
    ("name", "flag"), [("vllm", "--shutdown-timeout="), ("triton", "--exit-timeout-secs=")]
)
def test_an_engine_stops_gracefully_before_it_is_killed(name: str, flag: str) -> None:
    (given,) = (each for each, _ in PRESETS[name].command if each.startswith(flag))
    assert int(given.removeprefix(flag)) < parse_duration(PRESETS[name].stop)
