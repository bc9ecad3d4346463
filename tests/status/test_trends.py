from dataclasses import replace

from botocore.session import get_session
from botocore.validate import ParamValidator

from ecsinfer.model import Answer
from ecsinfer.status import trends
from ecsinfer.status.facts import Service, TargetGroup
from tests.status.facts import NOW, SERVICE, service

BALANCED = service(
    target_groups=(TargetGroup("t", load_balancer="app/alb/9f", label="targetgroup/t/0a"),)
)


def names(*services: Service) -> list[str]:
    return [query.name for query in trends.queries("app", services, ())]


def test_requests_and_latency_need_an_application_load_balancer() -> None:
    assert names(SERVICE) == ["cpu", "memory", "tasks"]
    assert names(BALANCED) == ["cpu", "memory", "tasks", "requests", "latency"]
    group = replace(BALANCED.target_groups[0], load_balancer="net/nlb/9f")
    assert names(service(target_groups=(group,))) == ["cpu", "memory", "tasks"]


def test_a_service_that_is_not_there_has_no_metrics() -> None:
    assert names(service(task_definition="")) == []


def test_hundreds_of_metrics_are_few_valid_questions() -> None:
    asked = trends.queries("app", [BALANCED] * 101, ["app-gpu"])
    reads = trends.reads(asked, NOW)
    service_model = get_session().get_service_model("cloudwatch")
    shape = service_model.shape_for("GetMetricDataInput")
    for read in reads.values():
        assert not ParamValidator().validate(dict(read.params), shape).has_errors()
    assert [len(read.params["MetricDataQueries"]) for read in reads.values()] == [500, 6]
    assert all(read.optional for read in reads.values())


def test_answers_find_their_owners_across_questions_and_pages() -> None:
    asked = trends.queries("app", [BALANCED], ["app-gpu"])
    answers: dict[int, Answer] = {
        0: {
            "MetricDataResults": [
                {"Id": "m0", "Values": [10.0]},
                {"Id": "m0", "Values": [20.0]},
                {"Id": "m1", "Values": []},
                {"Id": "m3", "Values": [600.0]},
            ]
        },
        5: {"MetricDataResults": [{"Id": "m5", "Values": [104.5]}]},
    }
    found = trends.values(answers, asked)
    assert found["app-gpu"] == {trends.RESERVATION: (104.5,)}
    assert [(each.name, each.values) for each in trends.of_service(found["service/llm"])] == [
        ("requests", (120.0,)),
        ("cpu", (10.0, 20.0)),
    ]


def test_denied_is_as_good_as_empty() -> None:
    asked = trends.queries("app", [SERVICE], ())
    assert trends.values({0: {"denied": "cloudwatch:GetMetricData"}}, asked) == {}
