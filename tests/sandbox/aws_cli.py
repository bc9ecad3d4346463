"""The real AWS CLI against a server whose time only passes when told."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from ecsinfer.sandbox.daemon import endpoint_environment
from ecsinfer.sandbox.server import Server


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server of a furnished account, in which time stands still."""
    server = Server(speed=0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


class AwsCli:
    """The AWS CLI, pointed at one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._environment = {**os.environ, **endpoint_environment(server.url)}

    def __call__(self, *arguments: str, **document: Any) -> Any:
        """The parsed answer of a call; keyword arguments are its ``--cli-input-json``."""
        done = self._run(arguments, document)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def refused(self, *arguments: str, **document: Any) -> str:
        """What a refused call says."""
        done = self._run(arguments, document)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _run(
        self, arguments: tuple[str, ...], document: dict[str, Any]
    ) -> subprocess.CompletedProcess[str]:
        command = ["aws", *arguments, "--output", "json"]
        if document:
            command += ["--cli-input-json", json.dumps(document)]
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
