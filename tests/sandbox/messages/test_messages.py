from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.sandbox.ecs.service_world import ServiceWorld
from tests.sandbox.messages.provoking import CASES, Case

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = yaml.safe_load((HERE / "catalogue.yaml").read_text())
PROVOKED = [
    pytest.param(operation, row, id=f"{operation}: {row['text']}")
    for row in ROWS
    if "unprovoked" not in row
    for operation in row["operations"]
]

for _module in ("cluster", "task", "service", "scaling"):
    importlib.import_module(f"{__package__}.{_module}_messages")


def told(case: Case) -> tuple[str, str, str, int]:
    """What the case is answered: operation, code, message and HTTP status."""
    services = ServiceWorld(case.scenario)
    try:
        answer = case.provoke(services)
    except ClientError as error:
        said, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        return error.operation_name, said["Code"], said["Message"], status
    # The one refusal that is a success (B12).
    provider, status = answer["capacityProvider"], answer["ResponseMetadata"]["HTTPStatusCode"]
    reason = provider["updateStatusReason"]
    return "DeleteCapacityProvider", provider["updateStatus"], reason, status


@pytest.mark.rule("M")
@pytest.mark.parametrize(("operation", "row"), PROVOKED)
def test_aws_refuses_in_these_words(operation: str, row: dict[str, Any]) -> None:
    asked, code, message, status = told(CASES[operation, row["text"]])

    assert asked == operation
    assert code in row["codes"]
    assert row["text"] in message.lower()
    assert status == row.get("status", 400)


@pytest.mark.rule("M")
def test_every_row_has_its_cases_or_a_reason_for_having_none() -> None:
    provoked = {
        (operation, row["text"])
        for row in ROWS
        if "unprovoked" not in row
        for operation in row["operations"]
    }
    reasons = [row["unprovoked"] for row in ROWS if "unprovoked" in row]

    assert provoked == CASES.keys()
    assert all(reasons)
