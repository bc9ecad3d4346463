"""What the embedded AWS costs, in processor time: its start, many services, a long rollout."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from tests.sandbox.ecs.service_world import ServiceWorld
from tests.sandbox.engine.account import long_rollout

SERVER = "from ecsinfer.sandbox.server import Server; Server()"


def report() -> None:
    """Write seconds, then the ratios that may be quoted."""
    print("\nthe embedded AWS, processor time")  # noqa: T201  a program that reports
    _compare(
        ("python, import boto3", partial(_start, "import boto3")),
        ("a server", partial(_start, SERVER)),
    )
    _compare(
        ("100 services", partial(_services, 100)),
        ("1000 services", partial(_services, 1000)),
    )
    _compare(
        ("45 minutes, 1 task", partial(_rollout, 1)),
        ("45 minutes, 8 tasks", partial(_rollout, 8)),
    )


def _compare(*measured: tuple[str, Callable[[], float]]) -> None:
    """Write what two things take, and how often the first goes into the second."""
    seconds = {name: measure() for name, measure in measured}
    for name, taken in seconds.items():
        print(f"  {name:<28} {taken * 1000:7.0f} ms")  # noqa: T201
    (one, least), (other, most) = seconds.items()
    print(f"  {other} / {one}: {most / least:.2f}")  # noqa: T201


def _start(program: str) -> float:
    told = f"{program}; import time; print(time.process_time())"
    done = subprocess.run((sys.executable, "-c", told), check=True, capture_output=True, text=True)
    return float(done.stdout)


def _services(count: int) -> float:
    """To create so many, and to describe them by tens."""
    services = ServiceWorld()
    begun = time.process_time()
    services.create_many(count)
    return time.process_time() - begun


def _rollout(tasks: int) -> float:
    """To let the time pass in which that many tasks are replaced."""
    account, _ = long_rollout(tasks)
    begun = time.process_time()
    account.run(45 * 60)
    return time.process_time() - begun
