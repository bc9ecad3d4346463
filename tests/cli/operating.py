"""An operator at work on the embedded AWS, in process: the commands without their rims."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from ecsinfer.aws.gateway import Gateway
from ecsinfer.cli.options import Common
from ecsinfer.cli.session import Session
from ecsinfer.events import Event, Outcome, Warned
from ecsinfer.reconcile.reconciler import Reconciler
from ecsinfer.report.jsonl import Answer
from ecsinfer.sandbox.embedded import Sandbox
from ecsinfer.spec import Spec
from tests.application.specs import SCALING, gpu

V1, V2, CRASH = (f"registry.example.com/vllm:{tag}" for tag in ("v1", "v2", "crash"))
PLAIN: dict[str, Any] = {"load_balancer": None, "health": None}
SCALED: dict[str, Any] = {"replicas": None, "scaling": {**SCALING, "requests_per_replica": None}}


class Operator:
    """A spec, an account, and everything that was told."""

    def __init__(self, sandbox: Sandbox, spec: Spec, *, output: str = "text") -> None:
        self.sandbox = sandbox
        self.spec = spec
        self.events: list[Event] = []
        self.gateway = Gateway(
            sandbox.session(), clock=sandbox.clock, jitter=random.Random(1), concurrency=1
        )
        self.session = Session(
            common=Common(Path("ecsinfer.yaml"), None, (), output=output, answer=Answer(output)),
            spec=spec,
            gateway=self.gateway,
            clock=sandbox.clock,
            emit=self.events.append,
            reconciler=Reconciler(
                self.gateway, sandbox.clock, self.events.append, jitter=random.Random(2)
            ),
            simulated=True,
        )

    def deploy(self, *, wait: bool = True, **options: Any) -> Outcome:
        nodes = self.session.nodes()
        plan = self.session.reconciler.plan(nodes, self.spec.name)
        return self.session.reconciler.apply(plan, nodes, wait=wait, **options)

    @property
    def writes(self) -> list[str]:
        return [sent.operation for sent in self.gateway.log if sent.writes]

    @property
    def warnings(self) -> str:
        return "\n".join(event.text for event in self.events if isinstance(event, Warned))

    @property
    def service(self) -> Any:
        return self.sandbox.world.services["inference", "llm"]

    @property
    def revision(self) -> int:
        """The number of the revision that the service runs."""
        return int(self.service.task_definition.rpartition(":")[2])


def operator(sandbox: Sandbox, image: str = V1, **changes: Any) -> Operator:
    """Somebody with the spec of the GPU service at that image, without a load balancer."""
    return Operator(sandbox, gpu(image=image, **{**PLAIN, **changes}))


def deployed(sandbox: Sandbox, *images: str, **changes: Any) -> Operator:
    """Somebody before whom every image was deployed, in that order; the last one is the spec's."""
    for image in images:
        operator(sandbox, image, **changes).deploy()
    return operator(sandbox, images[-1], **changes)
