"""The command line as a process of its own: with its signals, its pipes and its terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.reference import README

QUICKSTART = str(README.parent / "configs" / "quickstart.yaml")
CTRL_C = "\x03"
PATIENCE = 60.0
"""Seconds after which a test gives up on a process."""

# What a login does: the terminal becomes that of the session, so that its Ctrl-C is a signal.
_LOGIN = """
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(terminal, number)
os.execv(sys.executable, [sys.executable, "-m", "ecsinfer", *sys.argv[2:]])
"""


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Run a command line whose output is piped, and that nobody answers."""
    return subprocess.Popen(
        [sys.executable, "-m", "ecsinfer", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def until(process: subprocess.Popen[str], text: str, stream: str = "stderr") -> None:
    """Read what a process writes until `text` is in a line."""
    lines = process.stderr if stream == "stderr" else process.stdout
    assert lines is not None
    read = []
    for line in lines:
        read.append(line)
        if text in line:
            return
    raise AssertionError(f"{text!r} is not in {''.join(read)}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code of a process, and what else it wrote to standard output and error."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


class Terminal:
    """A command line on a terminal of its own, at which somebody types."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._master, slave = os.openpty()
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOGIN, os.ttyname(slave), *arguments],
            env={**os.environ, "TERM": "xterm", **environment},
            start_new_session=True,
            pass_fds=[slave],  # a terminal that nobody has open would be hung up
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Type; `CTRL_C` is a key, too."""
        os.write(self._master, keys.encode())

    def read_until(self, text: str) -> None:
        """Look at the screen until `text` is on it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} is not on the screen: {self.shown}"
            assert self._read(), f"ended without {text!r}: {self.shown}"

    def answer(self, question: str, keys: str) -> None:
        """Type the keys once the question is on the screen and an answer is waited for.

        Python loses a signal that comes after its last look and before it waits for a line; nobody
        types as fast.
        """
        self.read_until(question)
        deadline = time.monotonic() + PATIENCE
        while not self._waits():
            assert time.monotonic() < deadline, f"no answer is waited for: {self.shown}"
            time.sleep(0.01)  # noqa: TID251  another process is waited for
        self.type(keys)

    def _waits(self) -> bool:
        """Whether the process does nothing, as far as the system tells."""
        told = Path(f"/proc/{self._process.pid}/stat")
        return not told.exists() or told.read_text().rpartition(")")[2].split()[0] == "S"

    def exit_code(self) -> int:
        """Look at the screen to the end; the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], PATIENCE)[0]:
            raise AssertionError(f"nothing more is shown: {self.shown}")
        try:
            self.shown += os.read(self._master, 65536).decode(errors="replace")
        except OSError:  # the last one who had the terminal open is gone
            return False
        return True
