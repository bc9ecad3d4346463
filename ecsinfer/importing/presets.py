"""Specs to begin with, one for each inference engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """What an inference engine needs to serve on ECS.

    Attributes:
        image: its image.
        ports: what it listens on, the one that serves first; with what each is for.
        ready: the path on which it says that it serves.
        command: its arguments, each with what a reader should know, or nothing.
        shared_memory: size of /dev/shm; empty for Docker's 64 MiB.
        limits: whether it needs locked memory and a large stack.
        grace: longer than loading a model of 7 to 8 billion parameters takes.
        stop: from SIGTERM to SIGKILL: as long as requests in flight may take.
        token_in: environment variable that a gated model's token is in.
    """

    image: str
    ports: tuple[tuple[int, str], ...]
    ready: str
    command: tuple[tuple[str, str], ...] = ()
    shared_memory: str = ""
    limits: bool = False
    grace: str = "10m"
    stop: str = "2m"
    token_in: str = ""


_TARGETS = (
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/ip-targets/0a1b2c3d00000001"
)
_MODEL = "Qwen/Qwen2.5-7B-Instruct"

PRESETS: Mapping[str, Preset] = {
    "vllm": Preset(
        image="vllm/vllm-openai:v0.11.0",
        ports=((8000, "HTTP, and /metrics"),),
        ready="/health",
        command=(
            (f"--model={_MODEL}", ""),
            ("--shutdown-timeout=115", "else SIGTERM aborts what runs; just under stop_timeout"),
        ),
        shared_memory="4 GiB",
        limits=True,
        token_in="HF_TOKEN",
    ),
    "triton": Preset(
        image="nvcr.io/nvidia/tritonserver:25.09-py3",
        ports=((8000, "HTTP"), (8001, "gRPC"), (8002, "metrics")),
        ready="/v2/health/ready",
        command=(
            ("tritonserver", ""),
            ("--model-repository=/models", "s3://bucket/prefix works, too"),
            ("--exit-timeout-secs=30", "finishes what runs; less than stop_timeout"),
        ),
        shared_memory="1 GiB",
        limits=True,
        grace="5m",
        stop="35s",
    ),
    "tgi": Preset(
        image="ghcr.io/huggingface/text-generation-inference:3.3.6",
        ports=((80, "HTTP, and /metrics"),),
        ready="/health",
        command=((f"--model-id={_MODEL}", ""),),
        shared_memory="1 GiB",
        token_in="HF_TOKEN",
    ),
    "sglang": Preset(
        image="lmsysorg/sglang:v0.5.3",
        ports=((30000, "HTTP, and /metrics"),),
        ready="/health",
        command=(
            ("python3", ""),
            ("-m", ""),
            ("sglang.launch_server", ""),
            (f"--model-path={_MODEL}", ""),
            ("--host=0.0.0.0", "127.0.0.1 otherwise, where nobody reaches it"),
            ("--port=30000", ""),
        ),
        shared_memory="4 GiB",
        limits=True,
        token_in="HF_TOKEN",
    ),
    "generic": Preset(
        image="123456789012.dkr.ecr.us-east-1.amazonaws.com/my-inference-service:v1",
        ports=((8080, "HTTP"),),
        ready="/health",
        grace="5m",
        stop="30s",
    ),
}
"""Name -> preset. Large tensor-parallel models need more: shared memory of 8 to 16 GiB, a grace
period of 20 minutes."""


def preset_text(name: str, application: str = "") -> str:
    """The spec of a preset: valid, deployable to the embedded AWS, and commented.

    Args:
        name: of the preset.
        application: the spec's name; the service's key otherwise.
    """
    preset = PRESETS[name]
    key = "inference" if name == "generic" else name
    return (
        "\n".join((*_head(name, application or key), *_service(preset, key), *_tail(preset))) + "\n"
    )


def _head(name: str, application: str) -> tuple[str, ...]:
    return (
        f"# Made by ecsinfer init --preset {name}.",
        "#",
        "#   ecsinfer validate            checks it without asking AWS",
        "#   ecsinfer deploy --sandbox    rehearses it on the embedded AWS: it works as it is",
        "#   ecsinfer plan                says what a deploy to your account would do",
        "#",
        "# The identifiers are those of the embedded AWS: replace what is marked with (*).",
        f"name: {application}",
        "region: us-east-1 # (*)",
        "",
        "capacity:",
        "  gpu:",
        "    # An Auto Scaling group of one instance type: ECS counts GPUs, not their memory.",
        "    auto_scaling_group: gpu-asg # (*) g5.xlarge",
        "    target_capacity: 100 # less keeps idle instances ready for a burst or a rollout",
        "",
    )


def _service(preset: Preset, key: str) -> Iterator[str]:
    yield from (
        "services:",
        f"  {key}:",
        f"    image: {preset.image} # (*) the version that you tested",
    )
    if preset.command:
        yield "    command:"
        for argument, why in preset.command:
            yield f"      - {argument}{f' # {why}' if why else ''}"
    (port, what), *others = preset.ports
    if others:
        yield "    ports:"
        yield from (f"      - {each} # {meaning}" for each, meaning in preset.ports)
    else:
        yield f"    port: {port} # {what}"
    yield "    resources:"
    yield "      cpu: 3584 # an instance's, less what its agent needs"
    yield "      memory: 14 GiB # at least 1.2 times the weights when they are read from disk"
    yield "      gpu: 1"
    if preset.shared_memory:
        yield (
            f"      shared_memory: {preset.shared_memory} # 64 MiB otherwise; more with "
            "tensor parallelism"
        )
    if preset.limits:
        yield "    ulimits:"
        yield "      memlock: {soft: -1, hard: -1}"
        yield "      stack: {soft: 67108864, hard: 67108864}"
        yield "      nofile: {soft: 65536, hard: 65536} # one per connection"
    if preset.token_in:
        yield "    # A gated model needs a token; its value never goes into a spec:"
        yield "    # secrets:"
        yield f"    #   {preset.token_in}: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"


def _tail(preset: Preset) -> tuple[str, ...]:
    port = preset.ports[0][0]
    return (
        "    health:",
        f"      path: {preset.ready} # what the target group must ask, on port {port}",
        f"      grace: {preset.grace} # longer than loading the model takes, or ECS kills it",
        f"      stop_timeout: {preset.stop} # from SIGTERM to SIGKILL: what requests may take",
        "    roles:",
        "      execution: arn:aws:iam::123456789012:role/ecsTaskExecutionRole # (*)",
        "    network:",
        "      subnets: [subnet-0a1b2c3d000000001, subnet-0a1b2c3d000000002] # (*)",
        "      security_groups: [sg-0a1b2c3d000000001] # (*)",
        "    load_balancer: # (*) type ip, least_outstanding_requests, deregistration delay as long",
        "      # as requests may take",
        f"      target_group: {_TARGETS}",
        f"      port: {port}",
        "    replicas: 1 # or scaling: {min: 1, max: 4, requests_per_replica: 600}",
        "    rollout:",
        "      minimum_healthy: 100 # 0 where there is no spare GPU to start a new task on",
        "      maximum: 200",
        "      # By default ten tasks must fail before a rollout is given up.",
        "      circuit_breaker: {rollback: true, threshold: {type: count, value: 3}}",
        "    logs: {retention_days: 30}",
    )
