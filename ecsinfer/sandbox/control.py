"""What a running embedded AWS can be told beside AWS's own API: ``/_sandbox/...``.

==========================  =====================================================================
``GET /_sandbox/status``    who it is, its scenario, its simulated time, how many calls it had
``GET /_sandbox/calls``     every call so far: service, operation, parameters
``POST /_sandbox/advance``  ``{"seconds": "10m"}``: let simulated time pass at once
``POST /_sandbox/scenario`` a scenario in YAML or JSON: behave like that from now on
``POST /_sandbox/faults``   a list of faults in YAML or JSON: put them in force
``POST /_sandbox/reset``    begin anew; a body is the scenario to begin with
``POST /_sandbox/stop``     end the server
==========================  =====================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from ecsinfer.sandbox import scenario_file
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.sandbox.scenario import Fault
from ecsinfer.sandbox.scenario_file import ScenarioError
from ecsinfer.sandbox.wire.message import HttpReply, HttpRequest

PREFIX = "/_sandbox/"


class Control:
    """The control surface of one server.

    Args:
        sandbox: what is controlled.
        identity: what `status` tells of the server itself.
        stop: ends the server.
    """

    def __init__(
        self, sandbox: Sandbox, identity: Mapping[str, Any], stop: Callable[[], None]
    ) -> None:
        self._sandbox = sandbox
        self._identity = identity
        self._stop = stop
        self._routes: dict[tuple[str, str], Callable[[str], Any]] = {
            ("GET", "status"): self._status,
            ("GET", "calls"): self._calls,
            ("POST", "advance"): self._advance,
            ("POST", "scenario"): self._behave,
            ("POST", "faults"): self._faults,
            ("POST", "reset"): self._reset,
            ("POST", "stop"): self._end,
        }

    def answer(self, request: HttpRequest) -> HttpReply:
        """The reply to a request below `PREFIX`."""
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            known = sorted(f"{method} {PREFIX}{name}" for method, name in self._routes)
            return _reply(404, {"error": "no such control", "there are": known})
        try:
            return _reply(200, route(request.body.decode()))
        except (ScenarioError, ValueError, yaml.YAMLError) as error:
            return _reply(400, {"error": str(error)})

    def _status(self, _: str) -> dict[str, Any]:
        with self._sandbox.lock:
            return {
                **self._identity,
                "scenario": self._sandbox.scenario.name,
                "simulated_time": self._sandbox.clock.now().isoformat(),
                "calls": len(self._sandbox.calls),
                "note": "capacity, timings and prices are simulated",
            }

    def _calls(self, _: str) -> list[dict[str, Any]]:
        with self._sandbox.lock:
            return [call._asdict() for call in self._sandbox.calls]

    def _advance(self, body: str) -> dict[str, Any]:
        value = yaml.safe_load(body)
        if not isinstance(value, dict) or set(value) != {"seconds"}:
            raise ValueError('the body is {"seconds": 600} or {"seconds": "10m"}')
        self._sandbox.clock.sleep(scenario_file.seconds(value["seconds"]))
        return self._status("")

    def _behave(self, body: str) -> dict[str, Any]:
        self._sandbox.behave(scenario_file.load(body))
        return self._status("")

    def _faults(self, body: str) -> dict[str, Any]:
        value = yaml.safe_load(body)
        faults = [
            scenario_file.build(Fault, item)
            for item in (value if isinstance(value, list) else [value])
        ]
        with self._sandbox.lock:
            self._sandbox.faults.add(*faults)
        return self._status("")

    def _reset(self, body: str) -> dict[str, Any]:
        self._sandbox.reset(scenario_file.load(body) if body.strip() else None)
        return self._status("")

    def _end(self, _: str) -> dict[str, Any]:
        self._stop()
        return self._status("")


def _reply(status: int, value: Any) -> HttpReply:
    body = json.dumps(value, default=str).encode()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return HttpReply(status, headers, body)
