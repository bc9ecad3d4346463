import io
import json
from typing import Literal

from ecsinfer.events import NOT_THERE, NOT_WANTED
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


def test_a_tag_that_moved_is_told_by_its_digests() -> None:
    old, new = (f"registry.example/team/inference/vllm:v1@sha256:{digit * 64}" for digit in "ab")
    action = Action("task-definition/llm", Verb.REVISE, (Change("image", old, new),))
    line = text(plan(action)).splitlines()[1]
    assert f"vllm:v1@sha256:{'a' * 12}... -> " in line
    assert line.endswith(f"vllm:v1@sha256:{'b' * 12}...")


def test_a_plan_with_nothing_to_do_says_so() -> None:
    assert text(plan(Action("cluster/inference", Verb.KEEP))).endswith("Nothing to do.\n")


def test_a_destroy_says_what_is_not_there_rather_than_unchanged() -> None:
    gone = Action("service/llm", Verb.KEEP, why=NOT_THERE)
    left = Action("cluster/inference", Verb.DELETE)
    assert text(plan(gone, left, intent="destroy")).splitlines() == [
        "  = service/llm        not there",
        "  - cluster/inference  delete",
        "1 to delete, 1 not there; 0 API writes.",
    ]


def test_a_destroy_says_of_what_is_there_that_there_is_nothing_to_do() -> None:
    group = Action("auto-scaling-group/gpu", Verb.KEEP, why="nothing of it is in the way")
    adopted, left = Action("service/llm", Verb.KEEP), Action("cluster/inference", Verb.DELETE)
    assert text(plan(group, adopted, left, intent="destroy")).splitlines() == [
        "  = auto-scaling-group/gpu  nothing to do: nothing of it is in the way",
        "  = service/llm             nothing to do",
        "  - cluster/inference       delete",
        "1 to delete, 2 with nothing to do; 0 API writes.",
    ]


def test_what_neither_is_there_nor_wanted_is_neither_listed_nor_counted() -> None:
    nothing = Action("scalable-target/llm", Verb.KEEP, why=NOT_WANTED)
    assert text(plan(nothing, ROLL)).splitlines()[-1] == "1 to update; 1 API write."
    assert "scalable-target" not in text(plan(nothing, ROLL))


def test_what_is_kept_is_left_to_the_run_where_that_does_nothing_else() -> None:
    kept = Action("log-group/llm", Verb.RETAIN, why="logs are kept")
    stream = io.StringIO()
    print_plan(plan(kept, intent="destroy"), bare(stream), applied=True)
    assert stream.getvalue() == "Nothing to do (1 resource kept).\n"
    assert "log-group/llm" in text(plan(kept, intent="destroy"))


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
