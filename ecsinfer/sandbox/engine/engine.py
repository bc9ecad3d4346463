"""The engine as the API rooms and the fleet see it: a change comes in, its consequences follow."""

from __future__ import annotations

from typing import Any

from ecsinfer.sandbox.engine import (
    alarms,
    breaker,
    daemons,
    deployments,
    draining,
    launching,
    managed_instances,
    managed_scaling,
    registration,
    rollouts,
    stopping,
    strategies,
)
from ecsinfer.sandbox.engine.core import Core
from ecsinfer.sandbox.engine.ledger import Run
from ecsinfer.sandbox.engine.surroundings import Surroundings
from ecsinfer.sandbox.state import (
    CapacityProvider,
    Cluster,
    ContainerInstance,
    Deployment,
    Instance,
    Service,
    Task,
    World,
)


class EcsEngine(Core):
    """Everything that moves in one world; implements `ecsinfer.sandbox.state.Engine`."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.scaling = managed_scaling.Scalers(self)

    def service_created(self, service: Service) -> Deployment:
        """Start the first deployment."""
        return self._begin(service)

    def deployment_started(self, service: Service) -> Deployment:
        """Start a new PRIMARY deployment of the service's present `spec` and `task_definition`."""
        return self._begin(service)

    def service_changed(self, service: Service) -> None:
        """desiredCount or configuration changed without a new deployment."""
        service.throttled_until = None
        self.wake(service)

    def service_deleted(self, service: Service) -> None:
        """DRAINING: stop every task, then INACTIVE."""
        service.status = "DRAINING"
        self.wake(service)

    def stop_deployment(self, service: Service, deployment: Deployment, kind: str) -> None:
        """StopServiceDeployment with ABORT or ROLLBACK."""
        strategies.stop(self, service, deployment, kind)

    def continue_deployment(
        self, service: Service, deployment: Deployment, hook: str, action: str
    ) -> None:
        """ContinueServiceDeployment: answer a PAUSE hook with CONTINUE or ROLLBACK."""
        strategies.answer(self, service, deployment, hook, action)

    def run_task(self, task: Task, strategy: list[dict[str, Any]]) -> str:
        """Start a stand-alone task; returns a placement failure reason, or nothing."""
        return launching.run_task(self, task, strategy)

    def stop_task(self, task: Task, reason: str, code: str) -> None:
        """Stop a task."""
        run = self.ledger.runs.get(task.arn)
        if run is not None:
            stopping.stop(self, run, reason, code)

    def instance_running(self, instance: Instance) -> None:
        """An EC2 instance is running; it boots and registers."""
        registration.instance_running(self, instance)

    def instance_terminating(self, instance: Instance) -> bool:
        """An instance is to terminate; True when it must wait for managed draining."""
        return draining.instance_terminating(self, instance)

    def instance_terminated(self, instance: Instance) -> None:
        """An instance is gone; its tasks are lost, its registration ends."""
        registration.instance_terminated(self, instance)

    def instance_deregistered(self, instance: ContainerInstance) -> None:
        """DeregisterContainerInstance with force: its service tasks are orphaned and replaced."""
        registration.deregister(self, instance, "Instance deregistered forcibly")

    def instance_status_changed(self, instance: ContainerInstance) -> None:
        """UpdateContainerInstancesState: DRAINING or ACTIVE."""
        draining.status_changed(self, instance)

    def providers_changed(self, cluster: Cluster) -> None:
        """The cluster's providers changed: attach or detach managed scaling, in time."""
        self.scaling.sync(cluster)

    def provider_changed(self, provider: CapacityProvider) -> None:
        """managedScaling, termination protection or draining of a provider changed."""
        if provider.managed_instances and provider.status == "INACTIVE":
            for instance in self.instances_of(provider.cluster, provider.name):
                registration.deregister(self, instance, registration.terminated(instance))
        for cluster in list(self.world.clusters.values()):
            if provider.name in cluster.capacity_providers:
                self.scaling.sync(cluster)

    def reservation(self, cluster: str, provider: str) -> float | None:
        """The newest ``CapacityProviderReservation``; None while it is not measured."""
        return self.scaling.reservation(cluster, provider)

    def reconcile(self, service: Service) -> None:
        """One look of the service scheduler."""
        if service.status == "DRAINING":
            self._drain(service)
        elif service.status == "ACTIVE" and service.deployments:
            if service.spec.get("schedulingStrategy") == "DAEMON":
                daemons.look(self, service)
            elif strategies.applies(service):
                strategies.look(self, service)
            else:
                rollouts.look(self, service)

    def place_waiting(self, cluster: str) -> None:
        """Give waiting tasks the room there is."""
        launching.place_waiting(self, cluster)

    def task_served(self, run: Run) -> None:
        """A task became healthy."""
        breaker.served(self, run)
        service = self.world.service_of(run.task)
        if service is not None:
            self.wake(service)

    def task_stopped(self, run: Run) -> None:
        """A task reached STOPPED."""
        self.promised.discard(run.task.arn)
        self.moving.discard(run.task.arn)
        if run.failed:
            breaker.failed(self, run)
        service = self.world.service_of(run.task)
        if service is not None:
            self.wake(service)
        instance = self.instance_of(run)
        if instance is not None and not self.ledger.on_instance(instance.arn):
            if instance.managed:
                managed_instances.idle(self, instance)
            draining.emptied(self, instance)

    def hook_timed_out(self, service: Service, deployment: Deployment, action: str) -> None:
        """Nobody answered a PAUSE hook."""
        if action == "ROLLBACK":
            strategies.roll_back(self, service, deployment, strategies.HOOK_SAID)
        else:
            self.wake(service)

    def _begin(self, service: Service) -> Deployment:
        deployment = deployments.begin(self, service)
        alarms.watch(self, service, deployment)
        return deployment

    def _drain(self, service: Service) -> None:
        runs = self.ledger.of_service(service)
        if runs:
            stopping.stop_all(
                self,
                service,
                [run for run in runs if run.task.desired_status == "RUNNING"],
                deployments.stop_reason(service.deployments[0]),
            )
            return
        service.status = "INACTIVE"
        service.deployments = []
        self.short.pop((service.cluster, service.name), None)
        self.steady.discard((service.cluster, service.name))


def install(world: World) -> EcsEngine:
    """Give the world its engine."""
    engine = EcsEngine(world)
    world.engine = engine
    if hasattr(world, "ask"):
        around = Surroundings(world)
        engine.zone_of_subnet = around.zone_of_subnet
        engine.digest_of_image = around.digest_of_image
        engine.image_exists = around.image_exists
        engine.name_of_ami = around.name_of_ami
        engine.role_exists = around.role_exists
        engine.secret_exists = around.secret_exists
        engine.alarms_named = around.alarms_named
        engine.logs = world.logs
    return engine
