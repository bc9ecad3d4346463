"""Other people's use is told by name, and what nobody may look at is left to AWS."""

from __future__ import annotations

from typing import Any

from ecsinfer.kinds import others
from ecsinfer.kinds.others import ForeignTask, Leaving, Others
from tests.kinds.driving import drive

LEAVING = Leaving("inference", "app", ("llm",))
OURS = [{"key": "ecsinfer:app", "value": "app"}]


def task(name: str, group: str) -> dict[str, Any]:
    return {"taskArn": f"arn:t/{name}", "group": group, "capacityProviderName": "gpu"}


def test_services_and_tasks_are_ours_by_the_tag_of_the_service() -> None:
    strategy = [{"capacityProvider": "arn:p/gpu"}]
    answers = {
        "ListServices": {"serviceArns": ["arn:s/llm", "arn:s/old", "arn:s/theirs"]},
        "DescribeServices": {
            "services": [
                {"serviceName": "llm", "status": "ACTIVE", "tags": OURS},
                {"serviceName": "old", "status": "ACTIVE", "tags": OURS},
                {"serviceName": "theirs", "status": "ACTIVE", "deployments": [
                    {"capacityProviderStrategy": strategy}
                ]},
            ]
        },
        "ListTasks": {"taskArns": ["arn:t/1", "arn:t/2", "arn:t/3"]},
        "DescribeTasks": {
            "tasks": [
                task("1", "service:old"), task("2", "service:theirs"), task("3", "family:batch")
            ]
        },
    }  # fmt: skip
    seen = drive(others.look(LEAVING), answers)
    assert seen.services == {"theirs": frozenset({"gpu"})}
    assert [each.id for each in seen.tasks] == ["2", "3"]
    assert seen.using("gpu") == ("gpu is still used by service theirs and task 3 (family:batch)")
    assert seen.serving({"activeServicesCount": 3}) == "service theirs is not of this application"


def test_who_may_see_nothing_still_reads_the_cluster_s_count() -> None:
    denied = {"denied": "ecs:ListServices"}
    answers = {"ListServices": denied, "ListTasks": denied, "ListClusters": denied}
    seen = drive(others.look(LEAVING), answers)
    assert seen == Others()
    assert seen.serving({"activeServicesCount": 2}).startswith("2 active services in it are")
    assert seen.serving({}) == ""


def test_many_tasks_are_named_up_to_a_few() -> None:
    told = others.told(ForeignTask(str(number), "family:batch") for number in range(9))
    assert told.count("family:batch") == others.NAMED
    assert told.endswith("...")
