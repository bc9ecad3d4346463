"""The embedded AWS over a socket: any SDK, wall time, real resets, and a way to control it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from ecsinfer.sandbox import registry
from ecsinfer.sandbox.scenario import Fault, Scenario
from ecsinfer.sandbox.server import Server

pytestmark = pytest.mark.server

Serve: TypeAlias = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, whose time stands still unless told otherwise; they end with the test."""
    servers: list[tuple[Server, threading.Thread]] = []

    def start(**options: Any) -> Server:
        server = Server(**{"speed": 0, **options})
        thread = threading.Thread(target=server.serve)
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.stop()
        thread.join()


def client(server: Server, service: str, attempts: int = 1) -> Any:
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=server.url,
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


def control(server: Server, method: str, name: str, body: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request(method, f"/_sandbox/{name}", body)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_any_sdk_can_call_it(serve: Serve) -> None:
    server = serve()

    assert client(server, "sts").get_caller_identity()["Account"] == "123456789012"
    client(server, "logs").create_log_group(logGroupName="a")
    client(server, "s3").create_bucket(Bucket="weights")
    client(server, "s3").put_object(Bucket="weights", Key="a key/x", Body=b"model")
    body = client(server, "s3").get_object(Bucket="weights", Key="a key/x")["Body"]
    assert body.read() == b"model"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_listens_on_nothing_but_loopback(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Server(host=host)


def test_it_is_up_before_any_service_of_moto_is_loaded() -> None:
    program = (
        "import sys; from ecsinfer.sandbox.server import Server; Server();"
        "print(*(name for name in sys.modules if name.endswith('.responses')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["moto.core.responses"]  # what all of them have in common


def test_a_connection_is_kept_alive(serve: Serve) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", serve().port)
    ports = []
    for _ in range(2):
        connection.request("GET", "/_sandbox/status")
        connection.getresponse().read()
        ports.append(connection.sock.getsockname()[1])
    connection.close()

    assert ports[0] == ports[1]


def test_a_reset_connection_is_seen_as_one_and_nothing_is_applied(serve: Serve) -> None:
    server = serve(scenario=Scenario(faults=(Fault("CreateLogGroup", kind="reset"),)))
    logs = client(server, "logs")

    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        logs.create_log_group(logGroupName="cut")

    assert "cut" not in str(logs.describe_log_groups())


@pytest.mark.rule("I7", "0.6")
def test_a_lost_answer_leaves_the_request_applied_and_a_retry_sends_it_again(serve: Serve) -> None:
    server = serve(scenario=Scenario(faults=(Fault("CreateLogGroup", kind="lost"),)))

    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        client(server, "logs", attempts=3).create_log_group(logGroupName="applied")

    assert [call.operation for call in server.sandbox.calls] == ["CreateLogGroup"] * 2


def test_sixteen_threads_of_mixed_calls_lose_nothing(serve: Serve) -> None:
    server = serve(speed=60)
    logs, ecs = client(server, "logs"), client(server, "ecs")
    box = {"name": "main", "image": "model:1", "memory": 128}

    def work(number: int) -> None:
        for turn in range(5):
            logs.create_log_group(logGroupName=f"group-{number}-{turn}")
            ecs.register_task_definition(family="shared", containerDefinitions=[box])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.sandbox.calls) == 16 * 5 * 2
    groups = logs.get_paginator("describe_log_groups").paginate()
    names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
    assert len([name for name in names if name.startswith("group-")]) == 16 * 5
    revisions = ecs.list_task_definitions(familyPrefix="shared")["taskDefinitionArns"]
    assert {int(arn.rpartition(":")[2]) for arn in revisions} == set(range(1, 16 * 5 + 1))


def test_a_bug_of_ours_is_an_error_that_names_the_operation(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    server.sandbox.world_of("us-east-1")  # the rooms have registered theirs
    monkeypatch.setitem(registry.ECS, "ListClusters", lambda _w, _r: {"bogus": 1})

    with pytest.raises(ClientError, match="bug in ListClusters") as raised:
        client(server, "ecs").list_clusters()

    assert raised.value.response["Error"]["Code"] == "InternalFailure"
    assert "AnswerShapeError" in caplog.text


def test_wall_time_drives_the_simulated_time(serve: Serve) -> None:
    fast, still = serve(speed=100_000), serve(speed=0)
    times = {
        server: [control(server, "GET", "status")[1]["simulated_time"] for _ in range(2)]
        for server in (fast, still)
    }

    passed = [datetime.fromisoformat(time) for time in times[fast]]
    assert (passed[1] - passed[0]).total_seconds() > 1
    assert times[still][0] == times[still][1]


def test_it_ends_by_itself_when_nobody_asks() -> None:
    Server(idle=0.01).serve()  # returns


def test_status_says_what_runs_and_that_it_is_simulated(serve: Serve) -> None:
    server = serve(scenario=Scenario(name="bad day"))
    client(server, "sts").get_caller_identity()

    status, told = control(server, "GET", "status")

    assert status == 200
    assert told["scenario"] == "bad day"
    assert (told["port"], told["calls"]) == (server.port, 1)
    assert told["note"] == "capacity, timings and prices are simulated"


def test_calls_are_told_with_their_parameters(serve: Serve) -> None:
    server = serve()
    client(server, "logs").create_log_group(logGroupName="a")

    assert control(server, "GET", "calls")[1] == [
        {"service": "logs", "operation": "CreateLogGroup", "params": {"logGroupName": "a"}}
    ]


def test_time_can_be_advanced_at_once(serve: Serve) -> None:
    server = serve()
    before = server.sandbox.clock.now()

    assert control(server, "POST", "advance", '{"seconds": "1h"}')[0] == 200

    assert (server.sandbox.clock.now() - before).total_seconds() == 3600


def test_scenario_and_faults_change_at_run_time_and_a_reset_begins_anew(serve: Serve) -> None:
    server = serve()
    logs = client(server, "logs")
    logs.create_log_group(logGroupName="old")
    assert control(server, "POST", "scenario", "{name: changed, vcpu_quota: 4}")[0] == 200
    assert server.sandbox.world.scenario.vcpu_quota == 4
    assert control(server, "POST", "faults", "[{operation: DescribeLogGroups}]")[0] == 200
    with pytest.raises(ClientError, match="Rate exceeded"):
        logs.describe_log_groups()
    assert "old" in str(logs.describe_log_groups())

    assert control(server, "POST", "reset", "{name: fresh}")[1]["scenario"] == "fresh"

    assert "old" not in str(logs.describe_log_groups())


@pytest.mark.parametrize(
    ("method", "name", "body", "status", "told"),
    [
        ("POST", "scenario", "{nam: x}", 400, "no key 'nam'"),
        ("POST", "faults", "{kind: lost}", 400, "'operation' is required"),
        ("POST", "advance", "{}", 400, "seconds"),
        ("POST", "advance", "{seconds: -1}", 400, "not a time"),
        ("POST", "scenario", "{", 400, "not YAML"),
        ("GET", "nonsense", "", 404, "GET /_sandbox/status"),
    ],
)
def test_a_wrong_control_is_told_what_is_wrong(
    serve: Serve, method: str, name: str, body: str, status: int, told: str
) -> None:
    answer = control(serve(), method, name, body)

    assert answer[0] == status
    assert told in str(answer[1])


def test_it_can_be_told_to_stop() -> None:
    server = Server(speed=0)
    thread = threading.Thread(target=server.serve)
    thread.start()

    control(server, "POST", "stop")

    thread.join(timeout=10)
    assert not thread.is_alive()
