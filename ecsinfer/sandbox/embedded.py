"""The embedded AWS in process: any boto3 or botocore session can be pointed at it, no socket.

    sandbox = Sandbox()
    ecs = sandbox.session().client("ecs")
    ecs.create_cluster(clusterName="inference")
    sandbox.clock.sleep(600)   # ten simulated minutes, at once

Capacity, timings and prices are simulated.
"""

from __future__ import annotations

import importlib
import io
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache, partial
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.configprovider import ConstantProvider
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.loaders import Loader

from ecsinfer.sandbox.clock import EPOCH, VirtualClock
from ecsinfer.sandbox.furnishing import GLOBAL, Furniture
from ecsinfer.sandbox.furniture import furnish_groups
from ecsinfer.sandbox.scenario import Scenario
from ecsinfer.sandbox.state import World
from ecsinfer.sandbox.wire.application import ApiCall, Application
from ecsinfer.sandbox.wire.faults import ConnectionCutError, Faults
from ecsinfer.sandbox.wire.message import from_botocore
from ecsinfer.sandbox.wire.upstream import ServiceUpstream

ACCOUNT = "123456789012"

ROOMS = (
    "ecsinfer.sandbox.ecs",
    "ecsinfer.sandbox.fleet",
    "ecsinfer.sandbox.elb",
    "ecsinfer.sandbox.logs",
    "ecsinfer.sandbox.tagging",
    "ecsinfer.sandbox.scaling",
    "ecsinfer.sandbox.engine",
)
"""Packages and modules whose ``install(world)`` registers handlers and fills the world's seams, in order."""


class Sandbox:
    """One embedded AWS account.

    Args:
        scenario: how the world behaves; the default one is a healthy world.
        region: the region of `session` and `world`.
        furnished: whether a VPC, Auto Scaling groups, a load balancer, roles and images are there,
            in every region that is looked at.
        begin: the simulated time at which the account begins.
        wait: lets the scenario's latency pass; by default on the simulated clock.

    Attributes:
        clock: the simulated time, shared by all regions; nothing happens unless it is advanced.
        lock: held while a request is answered; hold it to look at a world from another thread.
        calls: every request so far, as (service, operation, params); clear it as you like.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        region: str = "us-east-1",
        furnished: bool = True,
        begin: Callable[[], datetime] = lambda: EPOCH,
        wait: Callable[[float], None] | None = None,
    ) -> None:
        self.region = region
        self.lock = threading.RLock()
        self._furnished = furnished
        self._begin = begin
        self._wait = wait
        self._start(scenario or Scenario())

    def _start(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.clock = VirtualClock(self._begin(), self.lock)
        self._worlds: dict[str, World] = {}
        self.application = Application(
            self.world_of, self.lock, scenario, self._wait or self.clock.sleep
        )
        self._furniture: dict[str, Furniture] = {}
        if self._furnished:
            self.application.moto.before = self._furnish

    @property
    def calls(self) -> list[ApiCall]:
        """Every request so far."""
        return self.application.calls

    @property
    def faults(self) -> Faults:
        """What befalls single calls; add and clear as you like."""
        return self.application.faults

    @property
    def world(self) -> World:
        """The world of the default region."""
        return self.world_of(self.region)

    def world_of(self, region: str) -> World:
        """The world of a region, made at the first look at it."""
        with self.lock:
            if region not in self._worlds:
                self._make_world(region)
            return self._worlds[region]

    def _make_world(self, region: str) -> None:
        world = World(
            account=ACCOUNT,
            region=region,
            clock=self.clock,
            scenario=self.scenario,
            lock=self.lock,
        )
        world.ask = partial(self._ask, region)
        world.backend = partial(self._backend, region)
        # The rooms may look at the world while they are installed; half of one is never kept.
        self._worlds[region] = world
        try:
            for room in ROOMS:
                importlib.import_module(room).install(world)
            if self._furnished:
                furnish_groups(world)
        except BaseException:
            del self._worlds[region]
            raise

    def _furnish(self, service: str, region: str) -> None:
        """A service of a region is about to be asked: its furniture is there before."""
        if service in GLOBAL:
            region = self.region
        if region not in self._furniture:
            self._furniture[region] = Furniture(partial(self._ask, region), ACCOUNT, region)
        self._furniture[region].prepare(service)

    def upstream(self, service: str, region: str = "") -> ServiceUpstream:
        """moto's side of a service, past every correction."""
        return ServiceUpstream(self.application.moto, service, region or self.region)

    def _ask(
        self,
        region: str,
        service: str,
        operation: str,
        request: Mapping[str, Any],
        identifier: str = "",
    ) -> dict[str, Any]:
        return self.upstream(service, region)(operation, request, identifier)

    def _backend(self, region: str, service: str) -> AbstractContextManager[Any]:
        return self.application.moto.backend(service, ACCOUNT, region)

    def reset(self, scenario: Scenario | None = None) -> None:
        """Begin anew: an account as on the first day, and the time of its beginning."""
        with self.lock:
            self._start(scenario or self.scenario)

    def behave(self, scenario: Scenario) -> None:
        """Change how the world behaves, and leave what is in it."""
        with self.lock:
            self.scenario = scenario
            self.application.behave(scenario)
            for world in self._worlds.values():
                world.scenario = scenario

    def session(self, region: str = "") -> boto3.Session:
        """A boto3 session whose every client talks to this account, with dummy credentials."""
        core = botocore.session.Session()
        core.register_component("data_loader", _models())
        core.set_config_variable("config_file", os.devnull)
        core.set_config_variable("credentials_file", os.devnull)
        nothing = ConstantProvider(value=None)
        core.get_component("config_store").set_config_provider("profile", nothing)
        session = boto3.Session(
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",  # noqa: S106  nobody checks it
            region_name=region or self.region,
            botocore_session=core,
        )
        self.attach(session)
        return session

    def attach(self, session: boto3.Session | botocore.session.Session) -> None:
        """Have every client made from the session from now on talk to this account."""
        core = session._session if isinstance(session, boto3.Session) else session  # noqa: SLF001  boto3 has no public way to its botocore session
        core.register("before-send", self._answer, unique_id=f"ecsinfer-sandbox-{id(self)}")

    def _answer(self, **event: Any) -> Any:
        request = event["request"]
        try:
            reply = self.application.answer(from_botocore(request))
        except ConnectionCutError as cut:
            error = ReadTimeoutError if cut.applied else ConnectionClosedError
            raise error(endpoint_url=request.url, error=str(cut)) from cut
        headers = HTTPHeaders.from_pairs(reply.headers)
        return AWSResponse(request.url, reply.status, headers, _Body(reply.body))


class _Body(io.BytesIO):
    """A body as botocore reads it off a connection."""

    def stream(self, **_: Any) -> Any:
        """The whole body at once."""
        yield self.read()


@cache
def _models() -> Loader:
    """One loader for all sessions: a service's model is read once per process."""
    return Loader()
