"""What every test may use, and what none may touch: the network and the developer's AWS account."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ecsinfer.sandbox.embedded import Sandbox

# A law holds or does not, however busy the machine is: nothing that tests is timed.
settings.register_profile("ecsinfer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ecsinfer")

_LOOPBACK = {"127.0.0.1", "::1", "localhost", None}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the laws whose lives are processes: to fork is cheap while a worker is small."""
    items.sort(key=lambda item: "test_single_faults" not in item.nodeid)


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are the same wherever the tests run: in a CI, on a terminal, without colours."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_name_leaves_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in _LOOPBACK:
            pytest.fail(f"a test asked for the address of {host}")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture
def sandbox() -> Sandbox:
    """A furnished embedded AWS of the default scenario."""
    return Sandbox()


@pytest.fixture
def client(sandbox: Sandbox) -> Callable[[str], Any]:
    """A boto3 client of a service of `sandbox`."""
    session: Any = sandbox.session()
    make: Callable[[str], Any] = session.client
    return make


@pytest.fixture
def ecs(client: Callable[[str], Any]) -> Any:
    """The ECS client of `sandbox`."""
    return client("ecs")
