from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecsinfer.sandbox.ecs.task_definition_defaults import normalised
from ecsinfer.sandbox.errors import ServiceError
from tests.sandbox.ecs.requests import container, definition


def only_container(**changes: Any) -> dict[str, Any]:
    return dict(normalised(definition(container(**changes)))["containerDefinitions"][0])


@pytest.mark.rule("C10")
def test_describing_shows_the_empty_lists_that_nobody_sent() -> None:
    spec = normalised(definition())
    assert (spec["volumes"], spec["placementConstraints"]) == ([], [])
    assert spec["containerDefinitions"][0] == container(
        cpu=0,
        essential=True,
        portMappings=[],
        environment=[],
        mountPoints=[],
        volumesFrom=[],
        systemControls=[],
    )
    assert not {"networkMode", "requiresCompatibilities", "tags"} & set(spec)


@pytest.mark.rule("C10")
def test_what_was_sent_empty_stays_empty() -> None:
    sent = {"links": [], "linuxParameters": {"capabilities": {}, "devices": []}}
    assert only_container(**sent).items() >= sent.items()


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("key", "text", "units"),
    [
        ("cpu", "1 vCPU", "1024"),
        ("cpu", ".25 vcpu", "256"),
        ("cpu", "2vCPUs", "2048"),
        ("cpu", " 512 ", "512"),
        ("memory", "2GB", "2048"),
        ("memory", ".5 gb", "512"),
        ("memory", "512", "512"),
    ],
)
def test_task_sizes_become_units_and_mebibytes(key: str, text: str, units: str) -> None:
    assert normalised(definition(**{key: text}))[key] == units


@pytest.mark.rule("C10")
@pytest.mark.parametrize("text", ["", "many", "1 GB", "-1", "0", "0.0001 vCPU"])
def test_a_task_size_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ServiceError, match="Invalid 'cpu' setting for task"):
        normalised(definition(cpu=text))


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("mode", "host_port"), [("bridge", 0), ("awsvpc", 8000), ("host", 8000), (None, 0)]
)
def test_a_host_port_left_out_is_the_containers_where_ports_are_static(
    mode: str | None, host_port: int
) -> None:
    changes = {"networkMode": mode} if mode else {}
    spec = normalised(definition(container(portMappings=[{"containerPort": 8000}]), **changes))
    assert spec["containerDefinitions"][0]["portMappings"] == [
        {"containerPort": 8000, "hostPort": host_port, "protocol": "tcp"}
    ]


def test_a_port_range_gets_no_host_port() -> None:
    (mapping,) = only_container(portMappings=[{"containerPortRange": "1-2"}])["portMappings"]
    assert mapping == {"containerPortRange": "1-2", "protocol": "tcp"}


@pytest.mark.rule("C10")
def test_health_checks_and_restarts_get_their_defaults() -> None:
    filled = only_container(
        healthCheck={"command": ["CMD", "true"], "retries": 9}, restartPolicy={"enabled": True}
    )
    assert filled["healthCheck"] == {
        "command": ["CMD", "true"],
        "interval": 30,
        "timeout": 5,
        "retries": 9,
    }
    assert filled["restartPolicy"] == {"enabled": True, "restartAttemptPeriod": 300}
    assert only_container(restartPolicy={"enabled": False})["restartPolicy"] == {"enabled": False}


@pytest.mark.rule("C10")
def test_volumes_are_bind_mounts_unless_they_say_otherwise() -> None:
    volumes = [
        {"name": "plain"},
        {"name": "path", "host": {"sourcePath": "/data"}},
        {"name": "later", "configuredAtLaunch": True},
        {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
    ]
    filled = normalised(definition(volumes=volumes))["volumes"]
    assert filled[0] == {"name": "plain", "host": {}}
    assert filled[1:3] == volumes[1:3]
    assert filled[3]["efsVolumeConfiguration"]["rootDirectory"] == "/"


@pytest.mark.rule("C10")
@given(st.permutations([f"VARIABLE_{number}" for number in range(8)]))
def test_variables_come_back_in_an_order_of_awss_own(names: list[str]) -> None:
    def variables(order: list[str]) -> list[dict[str, str]]:
        return [{"name": name, "value": "x"} for name in order]

    answer = only_container(environment=variables(names))["environment"]
    assert answer == only_container(environment=variables(sorted(names)))["environment"]
    assert answer != variables(sorted(names))
    assert sorted(item["name"] for item in answer) == sorted(names)
