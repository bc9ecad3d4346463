"""The embedded AWS as a server on loopback, for people, for programs and for other languages.

``python -m ecsinfer.sandbox.server`` runs in the foreground; `ecsinfer.sandbox.daemon` starts it in
the background. Wall time drives the simulated time, `speed` times as fast. Requests are answered
one at a time, under the lock of the embedded AWS. Capacity, timings and prices are simulated.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import os
import secrets
import signal
import socket
import struct
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ecsinfer.sandbox import scenario_file
from ecsinfer.sandbox.control import PREFIX, Control
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.wire.faults import ConnectionCutError
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest

LOOPBACK = "127.0.0.1"
DEFAULT_SPEED = 60.0
DEFAULT_IDLE = 3600.0
_TICK = 0.1  # seconds of wall time between two looks at the clock

_logger = logging.getLogger(__name__)


class Server:
    """One embedded AWS behind one loopback socket.

    Args:
        port: the TCP port; 0 lets the system choose.
        speed: simulated seconds in a second of wall time; 0 has time stand still.
        scenario: how the world behaves.
        idle: seconds of wall time without a request after which it ends; 0 for never.
        host: the address to listen on.

    Raises:
        ValueError: the address is not a loopback one.
        OSError: the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = DEFAULT_SPEED,
        scenario: Scenario | None = None,
        idle: float = DEFAULT_IDLE,
        host: str = LOOPBACK,
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the embedded AWS listens on loopback only, not on {host}")
        self.sandbox = Sandbox(scenario, begin=_wall_clock, wait=time.sleep)  # noqa: TID251  a server's callers wait for real
        self.idle = idle
        self._speed = speed
        self._last_request = self._paced = time.monotonic()
        self._ended = threading.Event()
        self._http = _Http((host, port), self)
        self.port = int(self._http.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self.identity: dict[str, Any] = {
            "instance": secrets.token_hex(8),
            "pid": os.getpid(),
            "port": self.port,
            "url": self.url,
            "speed": speed,
            "started": _wall_clock().isoformat(timespec="seconds"),
        }
        self._control = Control(self.sandbox, self.identity, self._ended.set)

    def answer(self, request: HttpRequest) -> HttpReply:
        """The reply to a request: of AWS, or of the control surface.

        Raises:
            ConnectionCutError: a fault wants that there is none.
        """
        self._pace()
        if request.path.startswith(PREFIX):
            if request.method != "GET":
                self._last_request = time.monotonic()
            return self._control.answer(request)
        self._last_request = time.monotonic()
        application = self.sandbox.application
        try:
            return application.answer(request)
        except ConnectionCutError:
            raise
        except Exception as error:
            _logger.exception("a bug of the embedded AWS")
            return application.apologise(request, error)

    def serve(self) -> None:
        """Answer requests until told to stop, or until nobody has asked for long."""
        threading.Thread(target=self._http.serve_forever, args=(_TICK,), daemon=True).start()
        try:
            while not self._ended.wait(_TICK):
                self._pace()
                if self.idle and time.monotonic() - self._last_request > self.idle:
                    _logger.warning("nobody asked for %g s: the embedded AWS ends", self.idle)
                    break
        finally:
            self._http.shutdown()
            self._http.server_close()

    def warm_up(self) -> None:
        """Import and furnish, while nobody asks yet, what the first request would wait for."""
        with self.sandbox.lock:
            self.sandbox.upstream("ec2")("DescribeVpcs", {})

    def stop(self) -> None:
        """Have `serve` return."""
        self._ended.set()

    def _pace(self) -> None:
        """Advance the simulated time by the wall time since the last look, times the speed."""
        with self.sandbox.lock:
            now = time.monotonic()
            elapsed, self._paced = now - self._paced, now
            try:
                self.sandbox.clock.sleep(elapsed * self._speed)
            except Exception:
                _logger.exception("a bug of the embedded AWS")


class _Http(ThreadingHTTPServer):
    """A thread for each connection, which the client may keep alive."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        super().__init__(address, _Connection)

    def server_bind(self) -> None:
        """Bind without asking the resolver for the machine's name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  socketserver's signature
        """A client that hangs up is no error."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            _logger.error("connection of %s", client_address, exc_info=error)


class _Connection(BaseHTTPRequestHandler):
    """HTTP/1.1 in, `Server.answer`, HTTP/1.1 out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def _handle(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
            self.send_error(411)
            return
        try:
            reply = self.server.owner.answer(self._request())
        except ConnectionCutError:
            self._cut()
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            if name.lower() not in {"date", "server", "connection"}:
                self.send_header(name, value)
        if not reply.header("content-length"):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _handle  # noqa: N815  the names that http.server looks for

    def _request(self) -> HttpRequest:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return HttpRequest(
            method=self.command,
            host=headers.get("host", ""),
            path=url.path or "/",
            query=url.query,
            headers=headers,
            body=self.rfile.read(int(headers.get("content-length") or 0)),
        )

    def _cut(self) -> None:
        """Reset the connection: the client sees RST, not an orderly end.

        The descriptor is closed past the socket object, which the two files of this connection
        would keep open.
        """
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_: Any) -> None:
        """No access log: ``/_sandbox/calls`` tells more."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Serve in the foreground, and write the server's identity to a state file when it is up."""
    parser = argparse.ArgumentParser(prog="python -m ecsinfer.sandbox.server", description=__doc__)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=DEFAULT_SPEED)
    parser.add_argument("--idle", type=float, default=DEFAULT_IDLE)
    parser.add_argument("--scenario", type=Path)
    parser.add_argument("--state", type=Path, help="where to write the server's identity")
    options = parser.parse_args()
    try:
        server = Server(
            port=options.port,
            speed=options.speed,
            scenario=scenario_file.load(options.scenario) if options.scenario else None,
            idle=options.idle,
            host=options.host,
        )
    except (ValueError, OSError) as error:
        sys.exit(f"the embedded AWS cannot start: {error}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    if options.state:
        _write_state(options.state, server.identity)
    print(f"the embedded AWS listens on {server.url}; all of it is simulated")  # noqa: T201  the program's own output
    threading.Thread(target=server.warm_up, daemon=True).start()
    server.serve()


def _write_state(file: Path, identity: dict[str, Any]) -> None:
    """Replace the state file at once, readable by its owner only."""
    part = file.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(json.dumps(identity))
    part.replace(file)


if __name__ == "__main__":
    main()
