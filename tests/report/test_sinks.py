import io
import json
from collections.abc import Iterable

import pytest
from rich.console import Console

from ecsinfer import events
from ecsinfer.report.jsonl import Answer
from ecsinfer.report.live import MOST_LINES, LiveSink
from ecsinfer.report.plain import HEARTBEAT, PlainSink
from ecsinfer.sandbox.clock import VirtualClock

CAUSE = events.Cause("disk-full", "it does not fit", ("no space left",), ("use less",))
RUN: tuple[events.Event, ...] = (
    events.Started("deploy", "inference", "123456789012", "us-east-1"),
    events.Planned({"create": 1}, 1),
    events.ActionStarted("service/llm", "create"),
    events.CallSent("service/llm", "ecs", "CreateService"),
    events.CallRetried("service/llm", "CreateService", "ThrottlingException", 2.0),
    events.ResponseLost("service/llm", "CreateService", applied=True),
    events.Waiting("service/llm", "tasks are PENDING", 3, 2700, {"desired": 3, "running": 1}),
    events.Explained("service/llm", (CAUSE,)),
    events.ActionFinished("service/llm", "create", 65),
    events.ActionFailed("service/b", "update", "it failed", evidence=("event text",)),
    events.ActionSkipped("service/c", "create", "service/b"),
    events.Retained("log-group/llm", "logs are kept"),
    events.Warned("look here"),
    events.Finished("done", 0, 66, 9, 1, {"service_name": "llm"}),
)


def plain(run: Iterable[events.Event]) -> list[str]:
    stream = io.StringIO()
    sink = PlainSink(stream, VirtualClock().now)
    for event in run:
        sink(event)
    return stream.getvalue().splitlines()


def test_plain_output_has_a_timestamped_line_for_every_change() -> None:
    assert plain(RUN) == [
        "09:00:00 deploy inference: account 123456789012, region us-east-1",
        "09:00:00 service/llm: create",
        "09:00:00 service/llm: ecs:CreateService",
        "09:00:00 service/llm: CreateService again in 2s: ThrottlingException",
        "09:00:00 service/llm: the answer to CreateService was lost; it was applied",
        "09:00:00 service/llm: waiting: tasks are PENDING (1/3 running) [3s of at most 45m 00s]",
        "09:00:00 service/llm: this is why it is not ready:",
        "    it does not fit [disk-full]",
        "      no space left",
        "09:00:00 service/llm: created after 1m 05s",
        "09:00:00 service/b: failed: it failed",
        "09:00:00 service/c: not attempted, because service/b failed",
        "09:00:00 log-group/llm: kept: logs are kept",
        "09:00:00 warning: look here",
        "09:00:00 done after 1m 06s (9 reads, 1 write)",
    ]


def test_a_long_wait_is_silent_but_for_a_heartbeat() -> None:
    polls = [events.Waiting("a/b", "same", seconds, 2700) for seconds in range(0, 121, 10)]
    assert [line.split("[")[1] for line in plain(polls)] == [
        "0s of at most 45m 00s]",
        f"{HEARTBEAT // 60:.0f}m 00s of at most 45m 00s]",
        "2m 00s of at most 45m 00s]",
    ]


def test_a_heartbeat_does_not_say_again_at_length_what_was_said() -> None:
    why = "the deployment is in progress; paused at BAKE_TIME"
    numbers = {"desired": 2, "running": 2, "stage": "BAKE_TIME"}
    polls = [events.Waiting("a/b", why, seconds, 2700, numbers) for seconds in (0, 60)]
    assert plain(polls) == [
        f"09:00:00 a/b: waiting: {why} (2/2 running, bake time) [0s of at most 45m 00s]",
        "09:00:00 a/b: still waiting: 2/2 running, bake time [1m 00s of at most 45m 00s]",
    ]


def test_the_simulated_aws_is_always_called_simulated() -> None:
    (line,) = plain([events.Started("plan", "a", "1", "r", "http://127.0.0.1:1", simulated=True)])
    assert "capacity, timings and prices are simulated" in line


def test_json_lines_begin_with_the_version_and_round_trip() -> None:
    stream = io.StringIO()
    sink = Answer("jsonl", stream).event
    for event in RUN:
        sink(event)
    first, *lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert first == {"type": "version", "ecsinfer_events": events.VERSION}
    assert [events.from_json(line) for line in lines] == list(RUN)


def test_an_unknown_event_type_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown event type 'nope'"):
        events.from_json({"type": "nope"})


def screen(run: Iterable[events.Event], *, width: int = 80) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    sink = LiveSink(console)
    for event in run:
        sink(event)
    sink.close()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_live_view_ends_with_the_final_state_of_every_node() -> None:
    end = screen(RUN)
    assert "+ service/llm  created  1m 05s" in end
    assert "x service/b  it failed" in end
    assert "service/c" not in end.rpartition("\x1b[")[2]  # the error names what was not attempted
    assert "= log-group/llm  kept: logs are kept" in end
    assert "done after 1m 06s (9 reads, 1 write)" in end


def test_the_live_view_has_no_control_characters_but_its_own() -> None:
    said = "first\n\x1b]0;title\x07second"
    end = screen((
        events.Waiting("service/a", said, 3, 60),
        events.Explained("service/a", (events.Cause("alarm", said),)),
        events.ActionFailed("service/a", "create", said),
    ))  # fmt: skip
    assert "service/a: first second\n" in end
    assert "x service/a  first second" in end
    assert "\x1b]" not in end


def test_the_live_view_never_draws_more_than_a_screen_and_shows_trouble_first() -> None:
    console = Console(file=io.StringIO(), width=80)
    sink = LiveSink(console)
    for number in range(40):
        sink._update(events.ActionFinished(f"service/s{number}", "create", 1))
    sink._update(events.ActionFailed("service/s39", "create", "broken"))
    with console.capture() as capture:
        console.print(sink._draw())
    sink.close()
    lines = capture.get().splitlines()
    assert len(lines) <= MOST_LINES + 1
    assert max(map(len, lines)) <= 80 - len("^C")  # whose echo must not begin a line of its own
    assert any("service/s39" in line for line in lines)
    assert "and 22 more, 22 of them done" in lines[-1]
