"""Hypothesis strategies of specs with nothing wrong, deployable to a furnished embedded AWS.

`documents` gives what a user would write, `specs` what it loads to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from ecsinfer.sandbox import furniture
from ecsinfer.spec import Spec
from ecsinfer.spec.rules import findings

IMAGES = tuple(
    f"{furniture.ACCOUNT}.dkr.ecr.{furniture.REGION}.amazonaws.com/{name}:{tag}"
    for name, tag in (
        ("vllm", "v1"),
        ("vllm", "v2"),
        ("my-inference-service", "latest"),
        ("my-inference-service", "v1"),
    )
)
GROUPS = {"gpu": furniture.GPU_GROUP, "cpu": furniture.CPU_GROUP, "mine": furniture.MY_GROUP}
GPU_CAPACITY = frozenset({"gpu", "mine", "managed"})
_SIZES: Mapping[str, Mapping[str, Any]] = {
    "gpu": {"cpu": 1024, "memory": "4 GiB"},
    "cpu": {"cpu": 512, "memory": "1 GiB"},
    "mine": {"cpu": 2048, "memory": 4096},
    "managed": {"cpu": 1024, "memory": "4 GiB"},
    "FARGATE": {"cpu": 512, "memory": "1 GiB"},
}
_MANAGED = {
    "managed_instances": {
        "infrastructure_role": furniture.INFRASTRUCTURE_ROLE,
        "instance_profile": furniture.INSTANCE_PROFILE,
        "subnets": [furniture.SUBNETS[0]],
        "security_groups": [furniture.SECURITY_GROUP],
        "requirements": {
            "vcpu": {"min": 4, "max": 8},
            "memory": {"min": "16 GiB"},
            "accelerator_types": ["gpu"],
            "accelerator_count": {"min": 1, "max": 1},
        },
    }
}
# Whatever the number of replicas, a task can be started first or stopped first (D14).
_PERCENTAGES = ((100, 200), (50, 200), (0, 100), (0, 200))

_words = st.text("abcdefghij", min_size=1, max_size=8)
_texts = st.text("abc XYZ0189-_./:=$", max_size=12).filter(lambda text: "${" not in text)
_tags = st.dictionaries(_words, _texts, max_size=2)
_environment = st.dictionaries(
    st.sampled_from(["MODEL", "MAX_TOKENS", "LOG_LEVEL", "TOKENIZERS_PARALLELISM", "PORT"]),
    _texts | st.integers(0, 10**6) | st.booleans(),
    max_size=3,
)


def _optional(values: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict(values))


def _group(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return _optional(
        {
            "target_capacity": st.integers(1, 100),
            "scaling_steps": st.sampled_from([[1, 1000], [1, 10000], [2, 5]]),
            "instance_warmup": st.sampled_from([60, "2m", "5m"]),
            "termination_protection": st.booleans(),
            "draining": st.booleans(),
            "tags": _tags,
        }
    ).map(lambda settings: {"auto_scaling_group": name, **settings})


def _scaling() -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(
        st.integers(1, 2),
        st.integers(2, 6),
        _optional(
            {
                "cpu": st.integers(10, 90),
                "memory": st.integers(10, 90),
                "scale_in_cooldown": st.sampled_from([60, "5m"]),
                "scale_in": st.booleans(),
                "metrics": st.fixed_dictionaries(
                    {
                        "queue": st.just(
                            {"target": 10, "namespace": "Inference", "metric": "QueueDepth"}
                        )
                    }
                ),
                "scheduled": st.just(
                    {"morning": {"schedule": "cron(0 8 ? * MON-FRI *)", "min": 2}}
                ),
            }
        ),
    ).map(lambda parts: {"min": parts[0], "max": parts[1], **parts[2]})


_size = st.one_of(
    st.integers(0, 3).map(lambda count: {"replicas": count}),
    _scaling().map(lambda scaling: {"scaling": scaling}),
    st.just({}),
)
_rollout = st.tuples(
    st.sampled_from(_PERCENTAGES),
    _optional(
        {
            "circuit_breaker": st.booleans()
            | st.just({"rollback": False})
            | st.just({"threshold": {"type": "count", "value": 3}}),
        }
    ),
).map(lambda parts: {"minimum_healthy": parts[0][0], "maximum": parts[0][1], **parts[1]})
_logs = st.just(False) | _optional(
    {
        "retention_days": st.sampled_from([1, 7, 30, 365]),
        "mode": st.sampled_from(["blocking", "non-blocking"]),
        "stream_prefix": _words,
    }
)
_placement = _optional(
    {
        "strategies": st.sampled_from(
            [
                [{"type": "spread", "field": "attribute:ecs.availability-zone"}],
                [{"type": "binpack", "field": "memory"}],
                [{"type": "random"}],
            ]
        )
    }
)


@st.composite
def _service(draw: st.DrawFn, where: list[str], *, balanced: bool) -> dict[str, Any]:
    """One service on capacity of one family; `balanced` ones are behind the load balancer."""
    first = where[0]
    resources = dict(_SIZES["FARGATE" if first.startswith("FARGATE") else first])
    if all(each in GPU_CAPACITY for each in where) and draw(st.booleans()):
        resources["gpu"] = 1
    base = draw(st.integers(0, 2))
    service: dict[str, Any] = {
        "image": draw(st.sampled_from(IMAGES)),
        "resources": resources,
        "roles": {"execution": furniture.EXECUTION_ROLE, "task": furniture.TASK_ROLE},
        "network": {
            "subnets": list(furniture.SUBNETS[: draw(st.integers(1, 3))]),
            "security_groups": [furniture.SECURITY_GROUP],
        },
        "capacity": {
            each: {"weight": draw(st.integers(1, 3)), "base": base if number == 0 else 0}
            for number, each in enumerate(where)
        },
        **draw(_size),
        **draw(
            _optional(
                {
                    "command": st.lists(_texts | st.integers(0, 99), max_size=3),
                    "environment": _environment,
                    "rollout": _rollout,
                    "logs": _logs,
                    "tags": _tags,
                    "execute_command": st.booleans(),
                    "propagate_tags": st.sampled_from(["service", "task_definition", "none"]),
                }
            )
        ),
    }
    if balanced:
        service["port"] = 8000
        service["load_balancer"] = {"target_group": furniture.IP_TARGETS}
        service["health"] = {"grace": "10m"}
    if draw(st.booleans()):
        service["secrets"] = {"HF_TOKEN": furniture.SECRET}
    if draw(st.booleans()):
        service["sidecars"] = {
            "proxy": {
                "image": draw(st.sampled_from(IMAGES)),
                "port": 9000,
                "essential": draw(st.booleans()),
                "resources": {"cpu": 64, "memory": 128},
                "environment": draw(_environment),
            }
        }
    if draw(st.booleans()):
        service["volumes"] = {"scratch": {}}
        service["mounts"] = [
            {"volume": "scratch", "path": "/scratch", "read_only": draw(st.booleans())}
        ]
    if first in GROUPS:
        service["placement"] = draw(_placement)
    return service


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """What a user would write: any number of services on any capacity of the furnished account."""
    groups = draw(st.lists(st.sampled_from(sorted(GROUPS)), unique=True, max_size=2))
    capacity = {name: draw(_group(GROUPS[name])) for name in groups}
    if draw(st.booleans()):
        capacity["managed"] = _MANAGED
    places: list[list[str]] = [["FARGATE"], ["FARGATE", "FARGATE_SPOT"]]
    places += [[name] for name in capacity]
    places += [groups] if len(groups) > 1 else []
    keys = draw(st.lists(st.sampled_from(["llm", "embed", "gateway"]), unique=True, max_size=3))
    behind = draw(st.sampled_from([*keys, ""]))
    document: dict[str, Any] = {
        "name": draw(st.sampled_from(["inference", "app-1", "Model_x"])),
        "region": furniture.REGION,
        "capacity": capacity,
        "services": {
            key: draw(_service(draw(st.sampled_from(places)), balanced=key == behind))
            for key in keys
        },
    }
    cluster = _optional(
        {"insights": st.sampled_from(["enhanced", "enabled", "disabled"]), "tags": _tags}
    )
    return document | draw(_optional({"tags": _tags, "cluster": cluster}))


def specs() -> st.SearchStrategy[Spec]:
    """Specs with nothing wrong."""
    return documents().map(_spec)


def _spec(document: dict[str, Any]) -> Spec:
    spec = Spec.model_validate(document)
    wrong = list(findings(spec))
    assert not wrong, wrong
    return spec
