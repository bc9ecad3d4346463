"""``ecsinfer sandbox``: run the embedded AWS on this machine."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecsinfer.cli.options import Duration

if TYPE_CHECKING:
    from ecsinfer.sandbox.daemon import Running

T = TypeVar("T")

SIMULATED = "capacity, timings and prices are simulated"


@click.group()
def sandbox() -> None:
    """Run the embedded AWS on this machine: capacity, timings and prices are simulated.

    Any AWS SDK, the AWS CLI and Terraform can use it; it listens on loopback only and needs no
    AWS account.
    """


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 lets the system choose.")
@click.option(
    "--speed", type=click.FloatRange(min=0), default=60.0, show_default=True,
    help="Simulated seconds in a second.",
)  # fmt: skip
@click.option(
    "--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the world behaves, in YAML.",
)  # fmt: skip
@click.option(
    "--idle", type=Duration(), default="1h", show_default=True,
    help="End after so long without a request; 0 for never.",
)  # fmt: skip
def start(port: int, speed: float, scenario: Path | None, idle: float) -> None:
    """Start it in the background; starting it twice is not an error."""
    running = ensure_running(port=port, speed=speed, scenario=scenario, idle=idle)
    state = "runs already" if running.already else "runs"
    click.echo(f"The embedded AWS {state} at {running.url} ({SIMULATED}).")
    click.echo('Point AWS clients of this shell at it:  eval "$(ecsinfer sandbox env)"')


@sandbox.command()
def stop() -> None:
    """Stop it; what was deployed on it is gone."""
    from ecsinfer.sandbox import daemon

    stopped = _explained(daemon.stop)
    click.echo("The embedded AWS has ended." if stopped else "No embedded AWS was running.")


@sandbox.command()
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(output: str) -> None:
    """Say whether it runs, where, and how fast its time goes."""
    from ecsinfer.sandbox import daemon

    running = daemon.status()
    if output == "json":
        document: dict[str, Any] = {"running": running is not None, "note": SIMULATED}
        if running is not None:
            document |= {k: v for k, v in asdict(running).items() if k != "already"}
        click.echo(json.dumps(document, indent=2))
    elif running is None:
        click.echo("No embedded AWS is running; start it with: ecsinfer sandbox start")
    else:
        click.echo(
            f"The embedded AWS runs at {running.url} (process {running.pid}) since "
            f"{running.started}, scenario {running.scenario}, {running.speed:g} simulated seconds "
            f"a second ({SIMULATED})."
        )


@sandbox.command()
@click.option(
    "--region", default="us-east-1", show_default=True,
    help="The region of those clients; every region is furnished.",
)  # fmt: skip
def env(region: str) -> None:
    """Print what points AWS clients at it: eval "$(ecsinfer sandbox env)"."""
    running = _required()
    click.echo(f"# the embedded AWS: {SIMULATED}")
    click.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")
    for name, value in running.environment(region).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@sandbox.command()
@click.option(
    "--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the world behaves from now on, in YAML.",
)  # fmt: skip
def reset(scenario: Path | None) -> None:
    """Begin anew: an account as on its first day."""
    from ecsinfer.sandbox import daemon

    running = _required()
    _explained(lambda: daemon.reset(scenario))
    click.echo(f"The embedded AWS at {running.url} begins anew ({SIMULATED}).")


def ensure_running(**options: Any) -> Running:
    """The embedded AWS of this machine, started with the options if it is not running.

    Raises:
        UsageError: the extra is not installed, or it cannot be started like that.
    """
    from ecsinfer.sandbox import daemon

    _require_extra()
    return _explained(lambda: daemon.start(**options))


def running_at(endpoint: str | None) -> Running | None:
    """The embedded AWS of this machine, if that is what listens at the endpoint."""
    if not endpoint:
        return None
    from ecsinfer.sandbox import daemon

    running = daemon.status()
    return running if running is not None and running.url == endpoint.rstrip("/") else None


def _required() -> Running:
    from ecsinfer.errors import UsageError
    from ecsinfer.sandbox import daemon

    running = daemon.status()
    if running is None:
        raise UsageError("No embedded AWS is running.", hint="ecsinfer sandbox start")
    return running


def _require_extra() -> None:
    from importlib.util import find_spec

    from ecsinfer.errors import UsageError

    missing = [name for name in ("moto", "flask", "flask_cors") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"The embedded AWS needs what is not installed: {', '.join(missing)}.",
            hint="pip install 'ecsinfer[sandbox]'",
        )


def _explained(act: Callable[[], T]) -> T:
    """Do it; what the server says against it becomes an error of the command line."""
    from ecsinfer.errors import UsageError
    from ecsinfer.sandbox.daemon import DaemonError

    try:
        return act()
    except DaemonError as error:
        raise UsageError(str(error)) from error
