"""The options that commands share, gathered into one value."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from ecsinfer.report.jsonl import Answer

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Common:
    """Which spec, against which AWS, reported how; `answer` is what is said as data."""

    file: Path
    env: str | None
    sets: tuple[str, ...]
    output: str = "text"
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    sandbox: bool = False
    debug: bool = False
    no_color: bool = False
    answer: Answer = field(default_factory=Answer, compare=False)

    def again(self) -> str:
        """The options that choose the same spec and the same AWS, as a shell takes them."""
        chosen = {
            "--file": str(self.file),
            "--env": self.env,
            "--profile": self.profile,
            "--region": self.region,
            "--endpoint-url": self.endpoint_url,
        }
        words = [word for name, value in chosen.items() if value for word in (name, value)]
        words += [word for value in self.sets for word in ("--set", value)]
        words += ["--sandbox"] if self.sandbox else []
        return shlex.join(words)


def _require_one_aws(common: Common) -> None:
    """The embedded AWS has its own endpoint and credentials.

    Raises:
        UsageError: others are named beside it.
    """
    from ecsinfer.errors import UsageError

    named = {"--profile": common.profile, "--endpoint-url": common.endpoint_url}
    beside = [option for option, value in named.items() if value]
    if common.sandbox and beside:
        raise UsageError(
            f"--sandbox has its own endpoint and credentials, and {' and '.join(beside)} would "
            "count for nothing",
            hint=f"leave out {' and '.join(beside)}, or --sandbox",
        )


def _gather(command: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        answer = click.get_current_context().find_object(Answer) or Answer()
        answer.output = kwargs["output"]
        common = Common(**{name: kwargs.pop(name) for name in names}, answer=answer)
        _require_one_aws(common)
        if common.debug:
            os.environ["ECSINFER_DEBUG"] = "1"
        if common.no_color:
            os.environ["NO_COLOR"] = "1"
        return command(common, *args, **kwargs)

    return wrapper


class Endpoint(click.ParamType[str]):
    """An endpoint, which botocore would not take without its scheme."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The URL as it is."""
        if not is_endpoint(value):
            self.fail(f"{value!r} is no URL; write http://HOST:PORT or https://HOST", param, ctx)
        return str(value)


def is_endpoint(url: str) -> bool:
    """Whether requests can be sent to the URL."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


class Region(click.ParamType[str]):
    """The name of an AWS region, in its form; whether there is one only AWS can say."""

    name = "region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        from ecsinfer.spec.rules.names import REGION

        if not REGION.fullmatch(str(value)):
            self.fail(f"{value!r} is no AWS region; one is us-east-1", param, ctx)
        return str(value)


_SPEC = (
    click.option(
        "-f", "--file", default="ecsinfer.yaml", show_default=True,
        type=click.Path(path_type=Path), help="The spec.",
    ),
    click.option("--env", metavar="NAME", help="Merge the overlay FILE.NAME.yaml over the spec."),
    click.option(
        "--set", "sets", multiple=True, metavar="PATH=VALUE",
        help="Set one value of the spec, such as services.llm.image=...; may be repeated.",
    ),
    click.option(
        "--output", type=click.Choice(["text", "json", "jsonl"]), default="text",
        show_default=True, help="What to print on standard output.",
    ),
    click.option("--debug", is_flag=True, help="Log every API call, and show tracebacks."),
    click.option("--no-color", is_flag=True, help="No colours (NO_COLOR is respected too)."),
)  # fmt: skip
_AWS = (
    click.option("--profile", help="The profile of the AWS configuration to use."),
    click.option(
        "--region", type=Region(), metavar="TEXT",
        help="The AWS region; else the spec's, else the AWS default chain.",
    ),
    click.option(
        "--endpoint-url", type=Endpoint(), metavar="URL",
        help="Talk to this endpoint instead of AWS.",
    ),
    click.option(
        "--sandbox", is_flag=True,
        help="Talk to the embedded AWS on this machine; starts it if it is not running.",
    ),
)  # fmt: skip
_ALL = tuple(each.name for each in fields(Common) if each.name != "answer")
_OFFLINE = ("file", "env", "sets", "output", "debug", "no_color")


def spec_options(command: F) -> Callable[..., Any]:
    """Give a command the options that choose a spec; it takes them as a `Common`."""
    wrapped = _gather(command, _OFFLINE)
    for option in reversed(_SPEC):
        wrapped = option(wrapped)
    return wrapped


def aws_options(command: F) -> Callable[..., Any]:
    """Give a command the options that choose a spec and an AWS; it takes them as a `Common`."""
    wrapped = _gather(command, _ALL)
    for option in reversed(_SPEC + _AWS):
        wrapped = option(wrapped)
    return wrapped


def _complete_services(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    import yaml

    try:
        document = yaml.safe_load(Path(ctx.params.get("file") or "ecsinfer.yaml").read_text())
    except (OSError, yaml.YAMLError):
        return []  # a shell that completes is no place for an error
    services = document.get("services") if isinstance(document, dict) else None
    return [name for name in services or () if str(name).startswith(incomplete)]


def services_argument(command: F) -> Callable[..., Any]:
    """Let a command take service names; none means all of them."""
    return click.argument(
        "services", nargs=-1, metavar="[SERVICE]...", shell_complete=_complete_services
    )(command)


def service_argument(command: F) -> Callable[..., Any]:
    """Let a command take one service name; none means the only one there is."""
    return click.argument(
        "service", required=False, metavar="[SERVICE]", shell_complete=_complete_services
    )(command)


class Duration(click.ParamType[float]):
    """``45m``, ``90s``, ``1h30m`` or seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        from ecsinfer.spec.units import parse_duration

        try:
            return float(parse_duration(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


prune_option = click.option(
    "--prune", is_flag=True,
    help="Remove the services and capacity providers too that carry our tag and are not in the "
    "spec any more, once all that is in it is there.",
)  # fmt: skip
empty_groups_option = click.option(
    "--scale-groups-to-zero", is_flag=True,
    help="With a destroy: set the Auto Scaling groups of our capacity providers to 0 (MinSize too) "
    "and lift the scale-in protection of their instances, so that the cluster can go as well.",
)  # fmt: skip
timeout_option = click.option(
    "--timeout", type=Duration(), metavar="DURATION",
    help="Give up waiting after this long, such as 45m; what is rolling goes on rolling.",
)  # fmt: skip
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask before changing anything.")
no_wait_option = click.option(
    "--no-wait", is_flag=True, help="Do not wait for rollouts or deletions that nothing needs."
)
