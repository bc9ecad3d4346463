"""The status as one screen: what is wrong first, then every service, then the capacity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ecsinfer.events import duration, plural, some
from ecsinfer.report import harmless
from ecsinfer.report.sparkline import BLOCKS, PLAIN, number, sparkline
from ecsinfer.status.assess import Finding, Severity, health
from ecsinfer.status.facts import Provider, Rollout, Service, Status

FEW = 3
"""Up to so many services each has its trends and its last scaling action below it."""

SMALL = 24
"""Lines that the screen of a few services never exceeds."""

WIDE = 120
"""Columns from which a fleet's trends find room."""


class Detail(NamedTuple):
    """How much is shown; ``--output json`` has all of it.

    Attributes:
        findings: so many of them.
        quoted: so many of them with AWS's own words.
        trends: whether a few services have their trends and scaling actions.
        services: rows of services; None is all.
    """

    findings: int
    quoted: int
    trends: bool = True
    services: int | None = None


_DETAILS = (Detail(12, 3), Detail(6, 2), Detail(5, 1, trends=False), Detail(4, 0, trends=False))
"""What is tried in turn for a few services until it fits."""

_FLEET = Detail(10, 1, trends=False)
"""Of a fleet the healthy services give way first: they come last."""

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
_ROLLOUT: Mapping[str, str] = {
    "": "-",
    "COMPLETED": "completed",
    "SUCCESSFUL": "completed",
    "FAILED": "FAILED",
    "STOPPED": "stopped",
    "ROLLBACK_SUCCESSFUL": "rolled back",
    "ROLLBACK_FAILED": "ROLLBACK FAILED",
}
"""State -> word, of rollouts that are over."""

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
    if len(status.services) > FEW:
        screen = _screen(status, findings, console, _FLEET)
        excess = len(console.render_lines(screen)) - lines
        if not lines or excess <= 0:
            return screen
        rows = max(1, len(status.services) - excess - 1)  # one line says what is not there
        return _screen(status, findings, console, _FLEET._replace(services=rows))
    limit = min(lines or SMALL, SMALL)
    screens = (_screen(status, findings, console, detail) for detail in _DETAILS)
    fitting = (each for each in screens if len(console.render_lines(each)) <= limit)
    return next(fitting, None) or _screen(status, findings, console, _DETAILS[-1])


def _screen(
    status: Status, findings: Sequence[Finding], console: Console, detail: Detail
) -> RenderableType:
    parts: list[RenderableType] = [_headline(status, findings)]
    if findings:
        parts.append(_findings(findings, detail))
    if status.services:
        parts += ["", _services(status, findings, console, detail)]
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
    worst = _worst(findings)
    states = Counter(worst.get(service.node, "") for service in status.services)
    parts = [plural(len(status.services), "service")]
    parts += [f"{states[each]} {each}" for each in ("failed", "moving") if states[each]]
    moment = f"{status.at:%H:%M:%S} {status.at.tzname() or ''}".rstrip()
    return Text.assemble(
        (status.application, "bold"), " is ", (word, style),
        (f"   {', '.join(parts)}   {moment}", "dim"),
    )  # fmt: skip


def _findings(findings: Sequence[Finding], detail: Detail) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=28)
    table.add_column(overflow="fold")
    quoted = 0
    alike = _alike(findings)
    for group in alike[: detail.findings]:
        finding = group[0]
        sign, style = _MARK[finding.severity]
        node, said = _of_all(group)
        text = Text(harmless.line(said))
        if finding.said and quoted < detail.quoted:
            quoted += 1
            text.append(f"\n{harmless.line(finding.said)}", style="dim")
        table.add_row(Text(sign, style), Text(node, style), text)
    left = sum(map(len, alike[detail.findings :]))
    if not left:
        return table
    rest = plural(left, "more finding")
    return Group(table, Text(f"  and {rest} (--output json has all)", style="dim"))


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several nodes together: a fleet's mostly do."""
    found: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.severity, finding.text), []).append(finding)
    return list(found.values())


def _of_all(alike: Sequence[Finding]) -> tuple[str, str]:
    """Whose finding it is, and what it is, where it is that of several."""
    first = alike[0]
    if len(alike) == 1:
        return first.node, first.text
    kinds = {each.node.partition("/")[0] for each in alike}
    kind = kinds.pop() if len(kinds) == 1 else "resource"
    names = [each.node.partition("/")[2] or each.node for each in alike]
    return plural(len(alike), kind), f"{first.text}: {some(names)}"


def _worst(findings: Iterable[Finding]) -> dict[str, Severity]:
    """Node -> the gravest that is said of it; findings come with the gravest first."""
    found: dict[str, Severity] = {}
    for finding in findings:
        found.setdefault(finding.node, finding.severity)
    return found


_WRAPPED = frozenset({"SERVICE", "ROLLOUT", "GROUP"})
"""Columns that give way on a narrow terminal."""


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("", width=1)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in _WRAPPED)
    return table


def _services(
    status: Status, findings: Sequence[Finding], console: Console, detail: Detail
) -> RenderableType:
    worst = _worst(findings)
    rank = list(_MARK)
    ordered = sorted(status.services, key=lambda each: rank.index(worst.get(each.node, "")))
    trends = _fleet_trends(status.services, console)
    columns = ("SERVICE", "TASKS", "REVISION", "ROLLOUT", "TARGETS", "SCALING")
    table = _table(*columns, *(name.upper() for name in trends))
    for service in ordered[: detail.services]:
        sign, style = _MARK[worst.get(service.node, "")]
        drawn = {each.name: _trend(each.values, console) for each in service.trends}
        table.add_row(Text(sign, style), *_row(service), *(drawn.get(name, "") for name in trends))
    parts: list[RenderableType] = [table]
    if len(ordered) <= FEW and detail.trends:
        parts += [line for each in ordered for line in _details(each, status, console)]
    hidden = ordered[len(ordered) if detail.services is None else detail.services :]
    if hidden:
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
    word = _ROLLOUT.get(rollout.state, rollout.state.lower().replace("_", " "))
    if rollout.state in _ROLLOUT:
        return word
    words = [word, f"{rollout.running}/{rollout.desired}"]
    words += [rollout.stage.lower().replace("_", " ")] if rollout.stage else []
    words += [f"{rollout.traffic:g}%"] if rollout.traffic is not None else []
    return " ".join(words)


def _details(service: Service, status: Status, console: Console) -> Iterator[RenderableType]:
    if service.trends:
        drawn = [
            Text(f"{each.name} {_trend(each.values, console)}{_TREND_UNIT[each.unit]}", "dim")
            for each in service.trends
        ]
        label = Text(f"  {service.key}:", "dim")
        row = Table.grid(padding=(0, 1))
        row.add_row(label, Columns(drawn, padding=(0, 2)))
        yield row
    scaling = service.scaling
    if scaling is not None and scaling.last:
        ago = ""
        if scaling.last_at is not None:
            ago = f" {duration(max(0.0, (status.at - scaling.last_at).total_seconds()))} ago"
        text = (
            f"  {service.key}: scaled{ago}: {harmless.line(scaling.last)} ({scaling.last_status})"
        )
        yield Text(text, style="dim")


def _trend(values: Sequence[float], console: Console) -> str:
    signs = BLOCKS if console.encoding.lower().startswith("utf") else PLAIN
    return f"{sparkline(values, signs)} {number(values[-1])}"


def _providers(providers: Sequence[Provider], findings: Sequence[Finding]) -> RenderableType:
    worst = _worst(findings)
    table = _table(
        "CAPACITY", "INSTANCES", "GPUS USED", "RESERVED", "MIN/NOW/MAX", "WARM-UP", "GROUP"
    )
    for each in providers:
        sign, style = _MARK[worst.get(each.node, "")]
        table.add_row(Text(sign, style), *_capacity_row(each))
    return table


def _capacity_row(provider: Provider) -> tuple[str, ...]:
    if provider.target is None and not provider.joined and provider.group is None:
        return (provider.key, provider.status.lower(), "", "", "", "", "")
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
        f"{group.minimum}/{group.desired}/{group.maximum}" if group else "-",
        duration(provider.warming) if provider.warming else "-",
        group.name if group else "-",
    )


def _reserved(provider: Provider) -> str:
    """Reservation over target; ``~`` marks our own arithmetic; without it CloudWatch said so."""
    if provider.reservation is None:
        return "-"
    sign = "" if provider.measured else "~"
    return f"{sign}{provider.reservation:.0f}/{provider.target} %"
