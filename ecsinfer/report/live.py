"""The sink for terminals: one line a node, redrawn in place, never more than a screen of 24."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ecsinfer import events
from ecsinfer.events import duration, plural
from ecsinfer.model import Verb
from ecsinfer.report import harmless
from ecsinfer.report.words import DONE, PHRASE, place, progress_line

MOST_LINES = 18
"""Nodes drawn at once; with headers and the prompt this stays under 24 lines."""


@dataclass(slots=True)
class _Row:
    node: str
    state: str = "queued"  # queued, active, waiting, done, failed, skipped, kept
    text: str = ""
    elapsed: float = 0.0
    within: float = 0.0


class LiveSink:
    """Draws the run on a terminal; a context manager, since the drawing must be ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, _Row] = {}
        self._live = Live(
            console=console, refresh_per_second=8, transient=True, get_renderable=self._draw
        )
        self._drawing = False
        self._told: set[tuple[str, str]] = set()

    def close(self) -> None:
        """End the drawing and leave the final state of every node on the screen."""
        if self._drawing:
            self._live.stop()
            self._drawing = False
            for row in self._rows.values():
                if row.state != "skipped":  # the error names them, on one line
                    self._console.print(_final_line(row), soft_wrap=True)

    def __call__(self, event: events.Event) -> None:
        """Take the event into the picture."""
        match event:
            case events.Started(command=command, application=application):
                where = place(
                    event.account, event.region, event.endpoint, simulated=event.simulated
                )
                self._console.print(
                    Text.assemble((f"{command} {application}", "bold"), f"  {where}")
                )
            case events.Warned(text=text, node=node):
                prefix = f"{node}: " if node else ""
                self._console.print(Text(harmless.line(f"warning: {prefix}{text}"), style="yellow"))
            case events.Explained(node=node, causes=causes):
                for cause in causes:
                    if cause.key in self._told:  # the services of a fleet mostly share theirs
                        continue
                    self._told.add(cause.key)
                    self._console.print(
                        Text(f"{node}: {harmless.line(cause.title)}", style="yellow")
                    )
            case events.Finished():
                self._finish(event)
            case _:
                self._update(event)

    def _finish(self, event: events.Finished) -> None:
        self.close()
        made = f"{plural(event.reads, 'read')}, {plural(event.writes, 'write')}"
        colour = "green" if event.exit_code == 0 else "red"
        text = f"{event.status.replace('-', ' ')} after {duration(event.seconds)} ({made})"
        self._console.print(Text(text, style=f"bold {colour}"))

    def _update(self, event: events.Event) -> None:
        node = getattr(event, "node", "")
        if not node:
            return
        row = self._rows.setdefault(node, _Row(node))
        _apply(row, event)
        row.text = harmless.line(row.text)
        if not self._drawing:
            self._drawing = True
            self._live.start()

    def _draw(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column(justify="right", no_wrap=True, style="dim")
        # A terminal echoes Ctrl-C at the cursor: begun on a line of its own, it would leave one of
        # the drawing behind.
        table.width = self._console.width - len("^C")
        shown, hidden = self._window()
        for row in shown:
            table.add_row(_mark(row), row.node, Text(row.text, style=_STYLE[row.state]), _time(row))
        if not hidden:
            return table
        done = sum(row.state in ("done", "kept") for row in hidden)
        return Group(table, Text(f"  and {len(hidden)} more, {done} of them done", style="dim"))

    def _window(self) -> tuple[list[_Row], list[_Row]]:
        """The rows to draw, in their order, when not all fit: what fails or moves goes first."""
        rows = list(self._rows.values())
        if len(rows) <= MOST_LINES:
            return rows, []
        rank = {
            "failed": 0,
            "waiting": 1,
            "active": 1,
            "queued": 2,
            "skipped": 3,
            "done": 4,
            "kept": 4,
        }
        chosen = sorted(rows, key=lambda row: rank[row.state])[:MOST_LINES]
        return [row for row in rows if row in chosen], [row for row in rows if row not in chosen]


_STYLE = {
    "queued": "dim",
    "active": "",
    "waiting": "cyan",
    "done": "dim",
    "failed": "bold red",
    "skipped": "dim",
    "kept": "dim",
}
_MARK = {
    "done": ("+", "green"),
    "failed": ("x", "bold red"),
    "skipped": (".", "dim"),
    "kept": ("=", "dim"),
}


def _mark(row: _Row) -> RenderableType:
    if row.state in ("active", "waiting"):
        return Spinner("line", style="cyan")
    sign, style = _MARK.get(row.state, (" ", ""))
    return Text(sign, style=style)


def _time(row: _Row) -> str:
    if row.state == "waiting":
        return f"{duration(row.elapsed)} / {duration(row.within)}"
    return duration(row.elapsed) if row.elapsed else ""


def _final_line(row: _Row) -> Text:
    sign, style = _MARK.get(row.state, (">", "cyan"))
    line = Text.assemble((sign, style), f" {row.node}  ", (row.text, _STYLE[row.state]))
    if row.elapsed:
        line.append(f"  {duration(row.elapsed)}", style="dim")
    return line


def _apply(row: _Row, event: events.Event) -> None:
    match event:
        case events.ActionStarted(verb=verb, why=why):
            phrase = PHRASE[Verb(verb)]
            row.state, row.text = "active", f"{phrase}: {why}" if why else phrase
        case events.CallSent(operation=operation):
            row.state, row.text = "active", operation
        case events.CallRetried(operation=operation, why=why, seconds=seconds):
            row.text = f"{operation} again in {duration(seconds)}: {why}"
        case events.ResponseLost(operation=operation):
            row.text = f"the answer to {operation} was lost; looking again"
        case events.Waiting(why=why, elapsed=elapsed, within=within, progress=progress):
            numbers = progress_line(progress)
            row.state, row.text = "waiting", f"{numbers}: {why}" if numbers else why
            row.elapsed, row.within = elapsed, within
        case events.ActionFinished(verb=verb, seconds=seconds):
            row.state, row.text, row.elapsed = "done", DONE[Verb(verb)], seconds
        case events.ActionFailed(node=node, error=error):
            row.state, row.text = "failed", error.removeprefix(f"{node}: ")
        case events.ActionSkipped(because=because):
            row.state, row.text = "skipped", f"not attempted, because {because} failed"
        case events.Retained(why=why):
            row.state, row.text = "kept", f"kept: {why}"
        case _:
            pass
