from __future__ import annotations

import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.httpsession import get_cert_path

from ecsinfer.aws.session import Clients, custom_endpoint, loopback, make_session, share_tls


def clients() -> Clients:
    return Clients(lambda: make_session(None, "eu-west-1"), None, 16)


@pytest.mark.rule("0.4", "0.6", "I4")
def test_retries_are_explicit_and_a_write_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    made = clients()

    reads: Any = made.client("ecs").meta.config
    writes: Any = made.client("ecs", writes=True).meta.config

    assert _retries(reads) == ("standard", 4)
    assert _retries(writes) == ("standard", 1)
    assert reads.max_pool_connections == 16


def _retries(config: Any) -> tuple[str, int]:
    return config.retries["mode"], config.retries["total_max_attempts"]


def test_all_clients_share_one_tls_context_that_parses_the_bundle_once() -> None:
    made = clients()
    contexts = [_tls(made.client(service)) for service in ("ecs", "logs", "sts")]

    assert contexts[0] is contexts[1] is contexts[2]
    for _ in range(3):
        contexts[0].load_verify_locations(get_cert_path(verify=True), None, None)
    assert contexts[0].load_verify_locations.cache_info().misses == 1


def _tls(client: Any) -> Any:
    return client._endpoint.http_session._manager.connection_pool_kw["ssl_context"]


def test_a_client_that_looks_otherwise_is_left_as_it_is() -> None:
    class Other:
        _endpoint = None

    other: Any = Other()
    assert share_tls(other, None) is None


def test_an_endpoint_is_told_only_when_it_is_not_aws_s_own() -> None:
    session = boto3.Session(region_name="eu-west-1")
    own = session.client("ecs", config=Config()).meta.endpoint_url

    assert custom_endpoint(own) == ""
    assert custom_endpoint("https://ecs.cn-north-1.amazonaws.com.cn") == ""
    assert custom_endpoint("http://127.0.0.1:4566") == "http://127.0.0.1:4566"
    assert custom_endpoint("https://amazonaws.com.example.org") != ""


def test_the_package_itself_imports_nothing_heavy() -> None:
    program = "import sys, ecsinfer.aws, ecsinfer.aws.clock; print('botocore' in sys.modules)"
    arguments = [sys.executable, "-c", program]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_no_proxy_stands_before_an_endpoint_on_this_machine(
    name: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    url = "http://127.0.0.1:4566"
    if by == "environment":
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    made = Clients(
        lambda: make_session(None, "eu-west-1"), url if by == "argument" else None, 16
    ).client("ecs")
    assert _proxy(made, url) is None


def test_a_proxy_stands_before_all_other_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    made = clients().client("ecs")
    assert _proxy(made, made.meta.endpoint_url) == "http://127.0.0.1:9"


def _proxy(client: Any, url: str) -> Any:
    return client._endpoint.http_session._proxy_config.proxy_url_for(url)


def test_loopback_is_told_by_name_and_by_address() -> None:
    for host in ("127.0.0.1", "127.1.2.3", "[::1]", "localhost", "aws.localhost"):
        assert loopback(f"http://{host}:4566")
    for host in ("ecs.eu-west-1.amazonaws.com", "10.0.0.1", "localhost.example.com"):
        assert not loopback(f"https://{host}")
