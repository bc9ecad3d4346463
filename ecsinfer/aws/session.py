"""One Session, few clients: explicit retries, explicit timeouts, one TLS context."""

from __future__ import annotations

import functools
import ipaddress
import os
import ssl
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from botocore.client import BaseClient

READ_ATTEMPTS = 4
"""How often botocore sends a read: network trouble, 5xx and throttling are its business."""

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")


@functools.cache
def shared_loader() -> Loader:
    """The one reader of botocore's service models: every model is parsed once per process."""
    return create_loader(os.environ.get("AWS_DATA_PATH"))


def make_session(profile: str | None, region: str | None) -> boto3.Session:
    """A boto3 Session that has its models from `shared_loader`."""
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", shared_loader())
    return boto3.Session(botocore_session=core, region_name=region)


class Clients:
    """Makes clients, one after another, when they are first needed.

    The making is all Python, and threads make it slower: ask for the clients first.

    Args:
        make_session: makes the boto3 Session; called at the first need, and again by `renew`.
        endpoint_url: in place of AWS's own endpoints.
        connections: how many requests of one client may be under way at once.

    Attributes:
        generation: how often the credentials have been renewed.
    """

    def __init__(
        self, make_session: Callable[[], boto3.Session], endpoint_url: str | None, connections: int
    ) -> None:
        self._make_session = make_session
        self._endpoint_url = endpoint_url
        self._connections = connections
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, bool], BaseClient] = {}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self.generation = 0

    def client(self, service: str, *, writes: bool = False) -> BaseClient:
        """The client of a service for reads, or the one for writes.

        The latter sends once: botocore repeats a request whose answer was lost, and AWS then
        registers a task definition three times (0.6).
        """
        key = (service, writes)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(service, 1 if writes else READ_ATTEMPTS)
            return self._clients[key]

    def renew(self, generation: int) -> None:
        """Forget the session, so that credentials are looked up again (I6).

        Does nothing if that has happened since `generation`.
        """
        with self._lock:
            if self.generation == generation:
                self.generation += 1
                self._session = None
                self._clients.clear()

    def _make(self, service: str, attempts: int) -> BaseClient:
        if self._session is None:
            self._session = self._make_session()
        # boto3-stubs has an overload for every service, and this one is not known before.
        make: Any = self._session.client
        config = _config(attempts, self._connections)
        made: BaseClient = make(service, endpoint_url=self._endpoint_url, config=config)
        url = made.meta.endpoint_url  # the configuration may name one, too
        if loopback(url) and get_environ_proxies(url):
            straight = config.merge(Config(proxies={}))
            made = make(service, endpoint_url=self._endpoint_url, config=straight)
        self._tls = share_tls(made, self._tls)
        return made


def _config(attempts: int, connections: int) -> Config:
    # Explicit throughout: the default mode and its attempts differ between versions (0.4).
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=connections,
        user_agent_extra=_user_agent(),
    )


@functools.cache
def _user_agent() -> str:
    # The version is in the package's metadata, and so is all of README: to be read only once.
    return f"ecsinfer/{version('ecsinfer')}"


def share_tls(client: BaseClient, shared: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Have `client` use the `shared` TLS context; the one to share with the next client.

    botocore gives every client a context of its own and parses the CA bundle again for every
    connection, 20 ms of CPU each (https://github.com/boto/botocore/issues/3171). The context has
    no public name, so whatever does not look as expected is left as it is.
    """
    http = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools = getattr(getattr(http, "_manager", None), "connection_pool_kw", None)
    if not isinstance(pools, dict):
        return shared
    own = pools.get("ssl_context")
    if not isinstance(own, ssl.SSLContext):
        return shared
    if shared is None:
        # The same bundle, parsed once: an attribute of the object comes before its class's method.
        vars(own)["load_verify_locations"] = functools.cache(own.load_verify_locations)
        return own
    pools["ssl_context"] = shared
    return shared


def loopback(url: str) -> bool:
    """Whether the endpoint is on this machine, where no proxy can reach it for us."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def custom_endpoint(url: str) -> str:
    """The endpoint if it is not AWS's own, otherwise nothing."""
    host = urlsplit(url).hostname or ""
    return "" if host.endswith(_AWS_DOMAINS) else url
