import io
import json
from typing import Literal

from ecsinfer.model import Action, Call, Change, Plan, Ref, Target, Verb
from ecsinfer.report.jsonl import plan_document
from ecsinfer.report.lines import bare
from ecsinfer.report.plan_view import MOST_CHANGES, MOST_UNCHANGED, print_plan

TARGET = Target("123456789012", "us-east-1")


def plan(*actions: Action, intent: Literal["deploy", "destroy"] = "deploy") -> Plan:
    return Plan("inference", TARGET, intent, actions)


def text(shown: Plan) -> str:
    stream = io.StringIO()
    print_plan(shown, bare(stream))
    return stream.getvalue()


ROLL = Action(
    "service/llm",
    Verb.UPDATE,
    changes=(
        Change("taskDefinition", "llm:3", Ref.to("task-definition/llm", "arn"), "rollout", tasks=3),
        Change("desiredCount", 2, 3),
    ),
    steps=(Call("ecs", "UpdateService", {"service": "llm"}),),
)


def test_the_plan_says_what_changes_to_what_and_what_it_does_to_the_tasks() -> None:
    kept = Action("cluster/inference", Verb.KEEP)
    assert text(plan(kept, ROLL)).splitlines() == [
        "  = cluster/inference  unchanged",
        "  ~ service/llm        update, rolls 3 tasks, in place",
        "      taskDefinition: llm:3 -> (known after apply)  [rolls 3 tasks]",
        "      desiredCount: 2 -> 3",
        "1 to update, 1 unchanged; 1 API write.",
    ]


def test_a_plan_with_nothing_to_do_says_so() -> None:
    assert text(plan(Action("cluster/inference", Verb.KEEP))).endswith("Nothing to do.\n")


def test_a_destroy_says_what_is_not_there_rather_than_unchanged() -> None:
    gone, left = Action("service/llm", Verb.KEEP), Action("cluster/inference", Verb.DELETE)
    assert text(plan(gone, left, intent="destroy")).splitlines() == [
        "  = service/llm        not there",
        "  - cluster/inference  delete",
        "1 to delete, 1 not there; 0 API writes.",
    ]


def test_of_very_many_unchanged_resources_only_the_number_is_told() -> None:
    kept = [Action(f"service/s{number}", Verb.KEEP) for number in range(MOST_UNCHANGED + 1)]
    assert text(plan(*kept, ROLL)).splitlines()[0].startswith("  ~ service/llm")
    assert text(plan(*kept, ROLL)).endswith(f"1 to update, {len(kept)} unchanged; 1 API write.\n")


def test_a_very_long_change_list_is_counted_rather_than_poured_out() -> None:
    changes = tuple(Change(f"field{number}", None, number) for number in range(MOST_CHANGES + 5))
    assert "... and 5 fields more" in text(plan(Action("a/b", Verb.CREATE, changes)))


def test_the_json_plan_has_every_field_and_every_call() -> None:
    document = json.loads(json.dumps(plan_document(plan(ROLL)), default=str))
    (action,) = document["actions"]
    assert document["writes"] == 1
    assert action["calls"] == [{"service": "ecs", "operation": "UpdateService"}]
    assert [change["path"] for change in action["changes"]] == ["taskDefinition", "desiredCount"]
