"""Whole processes against the embedded AWS's server, interleaved, medians of several rounds."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ecsinfer.sandbox import daemon
from tests.benchmarks import embedded

CONFIG = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
PYTHON = sys.executable
CLI = (PYTHON, "-m", "ecsinfer")

# The reads that a no-op of the quickstart needs, one after another, as a script would write them.
SERIAL = """
import boto3
session = boto3.Session()
ecs, scaling = session.client("ecs"), session.client("application-autoscaling")
session.client("logs").describe_log_groups(logGroupNamePrefix="/ecsinfer/quickstart/llm")
session.client("ecr").batch_get_image(repositoryName="vllm", imageIds=[{"imageTag": "v1"}])
session.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=["gpu-asg"])
ecs.describe_clusters(clusters=["quickstart"], include=["TAGS", "SETTINGS", "ATTACHMENTS"])
ecs.describe_capacity_providers(capacityProviders=["quickstart-gpu"], include=["TAGS"])
ecs.describe_services(cluster="quickstart", services=["llm"], include=["TAGS"])
scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=["service/quickstart/llm"])
"""
ONE = "import boto3; boto3.client('ecs').describe_services(cluster='quickstart', services=['llm'])"

COMMANDS: Mapping[str, Sequence[str]] = {
    "python, nothing": (PYTHON, "-c", "pass"),
    "python, import click": (PYTHON, "-c", "import click"),
    "ecsinfer --help": (*CLI, "--help"),
    "ecsinfer validate": (*CLI, "validate", "-f", str(CONFIG)),
    "boto3, one describe": (PYTHON, "-c", ONE),
    "boto3, the reads in series": (PYTHON, "-c", SERIAL),
    "ecsinfer deploy, no-op": (*CLI, "deploy", "-f", str(CONFIG), "--output", "json"),
}
RATIOS = (
    ("ecsinfer --help", "python, import click"),
    ("ecsinfer deploy, no-op", "boto3, the reads in series"),
    ("ecsinfer deploy, no-op", "boto3, one describe"),
)


def measure(rounds: int, environment: Mapping[str, str]) -> dict[str, list[float]]:
    """Wall seconds of every command, in turn, `rounds` times after one warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(rounds + 1):
        for name, command in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return seconds


def report(title: str, seconds: Mapping[str, Sequence[float]]) -> None:
    """Write medians, then the ratios that may be quoted."""
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    print(f"\n{title}")  # noqa: T201  a program that reports
    for name, median in medians.items():
        print(f"  {name:<28} {median * 1000:7.0f} ms")  # noqa: T201
    for one, other in RATIOS:
        print(f"  {one} / {other}: {medians[one] / medians[other]:.2f}")  # noqa: T201


def main() -> None:
    """Measure with and without latency."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_CACHE_HOME"] = directory
        for latency in (0, 0.05):
            scenario = Path(directory) / "scenario.yaml"
            scenario.write_text(f"latency: {latency}\n")
            running = daemon.start(speed=600, scenario=scenario)
            try:
                environment = {**os.environ, **running.environment()}
                subprocess.run(
                    (*CLI, "deploy", "-f", str(CONFIG)),
                    env=environment, check=True, capture_output=True,
                )  # fmt: skip
                report(f"{latency * 1000:.0f} ms a call", measure(rounds, environment))
            finally:
                daemon.stop()
    embedded.report()


if __name__ == "__main__":
    main()
