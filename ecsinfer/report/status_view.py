"""The status as one screen: what is wrong first, then every service, then the capacity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ecsinfer.report.sparkline import BLOCKS, PLAIN, number, sparkline
from ecsinfer.report.words import duration, plural
from ecsinfer.status.assess import Finding, Severity, health
from ecsinfer.status.facts import Provider, Rollout, Service, Status

FEW = 3
"""Up to so many services each has its trends and its last scaling action below it."""

MOST_FINDINGS = 5
MOST_FINDINGS_OF_MANY = 12
QUOTED = 2
"""Findings that are shown with AWS's own words; ``--output json`` has all of them."""

WIDE = 120
"""Columns from which a fleet's trends find room."""

_MARK: Mapping[str, tuple[str, str]] = {
    "failed": ("x", "bold red"),
    "moving": (">", "cyan"),
    "drift": ("~", "yellow"),
    "": ("+", "green"),
}
_HEADLINE = {
    "healthy": ("healthy", "bold green"),
    "moving": ("moving, not there yet", "bold cyan"),
    "failed": ("NOT HEALTHY", "bold red"),
}
_TREND_UNIT = {"per minute": "/min", "seconds": " s", "percent": " %", "tasks": ""}


def draw(
    status: Status, findings: Sequence[Finding], console: Console, *, lines: int = 0
) -> RenderableType:
    """The screen.

    Args:
        status: the facts.
        findings: what is wrong with them, the gravest first.
        console: where it will be shown.
        lines: lines it may have, so that healthy services are only counted; 0 for no limit.
    """
    parts: list[RenderableType] = [_headline(status, findings)]
    if findings:
        parts.append(_findings(findings, many=len(status.services) > FEW))
    if status.services:
        parts += ["", _services(status, findings, console, lines)]
    if status.providers:
        parts += ["", _providers(status.providers, findings)]
    return Group(*parts)


def print_status(status: Status, findings: Sequence[Finding], console: Console) -> None:
    """Write the screen to `console`."""
    console.print(draw(status, findings, console))


class Screen:
    """The screen, redrawn in place; a context manager, since the drawing must be ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, status: Status, findings: Sequence[Finding]) -> None:
        """Draw it anew."""
        lines = self._console.height - 1
        self._live.update(draw(status, findings, self._console, lines=lines), refresh=True)


def _headline(status: Status, findings: Sequence[Finding]) -> Text:
    word, style = _HEADLINE[health(findings)]
    ill = {each.node for each in findings if each.severity != "drift"}
    wrong = sum(service.node in ill for service in status.services)
    count = plural(len(status.services), "service")
    counted = f"{wrong} of {count}" if wrong else count
    return Text.assemble(
        (status.application, "bold"), " is ", (word, style),
        (f"   {counted}, {status.at:%H:%M:%S} {status.at.tzname() or ''}", "dim"),
    )  # fmt: skip


def _findings(findings: Sequence[Finding], *, many: bool) -> RenderableType:
    most = MOST_FINDINGS_OF_MANY if many else MOST_FINDINGS
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=28)
    table.add_column(overflow="fold")
    quoted = 0
    for finding in findings[:most]:
        sign, style = _MARK[finding.severity]
        text = Text(finding.text)
        if finding.said and quoted < QUOTED:
            quoted += 1
            text.append(f"\n{finding.said}", style="dim")
        table.add_row(Text(sign, style), Text(finding.node, style), text)
    if len(findings) <= most:
        return table
    rest = plural(len(findings) - most, "more finding")
    return Group(table, Text(f"  and {rest} (--output json has all)", style="dim"))


def _worst(findings: Iterable[Finding]) -> dict[str, Severity]:
    """Node -> the gravest that is said of it; findings come with the gravest first."""
    found: dict[str, Severity] = {}
    for finding in findings:
        found.setdefault(finding.node, finding.severity)
    return found


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("", width=1)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _services(
    status: Status, findings: Sequence[Finding], console: Console, lines: int
) -> RenderableType:
    worst = _worst(findings)
    rank = list(_MARK)
    ordered = sorted(status.services, key=lambda each: rank.index(worst.get(each.node, "")))
    trends = _fleet_trends(status.services, console)
    room = len(ordered)
    if lines:
        taken = min(len(findings), MOST_FINDINGS_OF_MANY) + QUOTED + len(status.providers)
        room = max(FEW, lines - taken - 7)
    columns = ("SERVICE", "TASKS", "REVISION", "ROLLOUT", "TARGETS", "SCALING")
    table = _table(*columns, *(name.upper() for name in trends))
    for service in ordered[:room]:
        sign, style = _MARK[worst.get(service.node, "")]
        drawn = {each.name: _trend(each.values, console) for each in service.trends}
        table.add_row(Text(sign, style), *_row(service), *(drawn.get(name, "") for name in trends))
    parts: list[RenderableType] = [table]
    if len(ordered) <= FEW:
        parts += [line for each in ordered for line in _details(each, status, console)]
    if len(ordered) > room:
        hidden = ordered[room:]
        well = sum(each.node not in worst for each in hidden)
        text = f"  and {plural(len(hidden), 'more service')}, {well} of them healthy"
        parts.append(Text(text, style="dim"))
    return Group(*parts)


def _fleet_trends(services: Sequence[Service], console: Console) -> tuple[str, ...]:
    """The trends that get a column of their own, where there is room for one."""
    if len(services) <= FEW or console.width < WIDE:
        return ()
    there = {trend.name for service in services for trend in service.trends}
    return tuple(name for name in ("requests", "latency", "cpu") if name in there)


def _row(service: Service) -> tuple[str, ...]:
    if not service.task_definition:
        return (service.key, "", "", service.status.lower(), "", "")
    pending = f" +{service.pending}" if service.pending else ""
    scaling = service.scaling
    return (
        service.key,
        f"{service.running}/{service.desired}{pending}",
        f"{service.task_definition.rpartition(':')[2]} {_image(service)}".rstrip(),
        _rollout(service.rollout),
        " ".join(f"{each.healthy}/{each.total}" for each in service.target_groups) or "-",
        f"{scaling.minimum}..{scaling.maximum}" if scaling else "-",
    )


def _image(service: Service) -> str:
    """Enough of the digest to tell two apart; a tag where AWS tells no digest."""
    images = service.images
    image = images.get(service.key) or next(iter(images.values()), "")
    kind, _, digest = image.partition(":")
    return digest[:7] if kind == "sha256" else image.rpartition("/")[2][-16:]


def _rollout(rollout: Rollout) -> str:
    if rollout.state in ("", "COMPLETED", "SUCCESSFUL"):
        return "completed" if rollout.state else "-"
    words = [rollout.state.lower().replace("_", " ")]
    words.append(f"{rollout.running}/{rollout.desired}")
    words += [rollout.stage.lower().replace("_", " ")] if rollout.stage else []
    words += [f"{rollout.traffic:g}%"] if rollout.traffic is not None else []
    return " ".join(words)


def _details(service: Service, status: Status, console: Console) -> Iterable[Text]:
    if service.trends:
        drawn = (
            f"{each.name} {_trend(each.values, console)}{_TREND_UNIT[each.unit]}"
            for each in service.trends
        )
        yield Text(f"  {service.key}: {'   '.join(drawn)}", style="dim")
    scaling = service.scaling
    if scaling is not None and scaling.last:
        ago = ""
        if scaling.last_at is not None:
            ago = f" {duration(max(0.0, (status.at - scaling.last_at).total_seconds()))} ago"
        text = f"  {service.key}: scaled{ago}: {scaling.last.strip()} ({scaling.last_status})"
        yield Text(text, style="dim")


def _trend(values: Sequence[float], console: Console) -> str:
    signs = BLOCKS if console.encoding.lower().startswith("utf") else PLAIN
    return f"{sparkline(values, signs)} {number(values[-1])}"


def _providers(providers: Sequence[Provider], findings: Sequence[Finding]) -> RenderableType:
    worst = _worst(findings)
    table = _table("CAPACITY", "INSTANCES", "GPUS USED", "RESERVED", "GROUP MIN/NOW/MAX", "WARM-UP")
    for each in providers:
        sign, style = _MARK[worst.get(each.node, "")]
        table.add_row(Text(sign, style), *_capacity_row(each))
    return table


def _capacity_row(provider: Provider) -> tuple[str, ...]:
    if provider.target is None and not provider.joined and provider.group is None:
        return (provider.key, provider.status.lower(), "", "", "", "")
    group = provider.group
    instances = str(provider.joined)
    if group is not None and group.in_service + group.launching > provider.joined:
        instances = f"{provider.joined} of {group.in_service + group.launching}"
    if provider.draining:
        instances += f", {provider.draining} leaving"
    return (
        provider.key,
        instances,
        f"{provider.gpus - provider.gpus_free} of {provider.gpus}" if provider.gpus else "-",
        _reserved(provider),
        f"{group.name} {group.minimum}/{group.desired}/{group.maximum}" if group else "-",
        duration(provider.warming) if provider.warming else "-",
    )


def _reserved(provider: Provider) -> str:
    """``~`` marks our own arithmetic; without it CloudWatch said so."""
    if provider.reservation is None:
        return "-"
    sign = "" if provider.measured else "~"
    return f"{sign}{provider.reservation:.0f} %, target {provider.target}"
