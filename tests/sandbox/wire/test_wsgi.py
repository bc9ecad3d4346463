import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.sandbox.wire.faults import ConnectionCutError


def ask(sandbox: Sandbox, operation: str, **params: Any) -> tuple[str, dict[str, Any]]:
    body = json.dumps(params).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "CONTENT_TYPE": "application/x-amz-json-1.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": f"AmazonEC2ContainerServiceV20141113.{operation}",
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    status: list[str] = []

    def start_response(line: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
        status.append(line)

    answer = validator(sandbox.application)(environ, start_response)
    try:
        text = b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]  # the validator's iterator, which must be closed
    return status[0], json.loads(text)


def test_the_embedded_aws_is_a_wsgi_application(sandbox: Sandbox) -> None:
    created = ask(sandbox, "CreateCluster", clusterName="one")
    assert created[0] == "200 OK"
    assert created[1]["cluster"]["clusterName"] == "one"


def test_a_refusal_has_its_http_status(sandbox: Sandbox) -> None:
    status, answer = ask(sandbox, "DescribeServices", cluster="none", services=["a"])
    assert status == "400 Bad Request"
    assert answer["__type"].endswith("ClusterNotFoundException")


def test_a_cut_connection_has_no_answer(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("CreateCluster", kind="lost"))
    with pytest.raises(ConnectionCutError):
        ask(sandbox, "CreateCluster", clusterName="one")
    assert ask(sandbox, "DescribeClusters", clusters=["one"])[1]["clusters"]
