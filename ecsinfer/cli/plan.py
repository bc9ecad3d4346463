"""``ecsinfer plan``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ecsinfer.cli.options import (
    Common,
    aws_options,
    empty_groups_option,
    prune_option,
    services_argument,
)

CHANGES_FOUND = 10
"""The exit code of ``--detailed-exitcode`` when there is something to do."""


@click.command()
@services_argument
@aws_options
@click.option("--adopt", is_flag=True, help="Take over resources that do not carry our tags.")
@click.option(
    "--allow-replace", is_flag=True, help="Plan to delete and recreate where AWS cannot update."
)
@prune_option
@click.option("--destroy", is_flag=True, help="Plan a destroy instead of a deploy.")
@click.option("--purge", is_flag=True, help="With --destroy: delete the log groups too.")
@empty_groups_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan for deploy --plan.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help=f"Exit with {CHANGES_FOUND} when there are changes."
)
def plan(
    common: Common,
    services: tuple[str, ...],
    adopt: bool,
    allow_replace: bool,
    prune: bool,
    destroy: bool,
    purge: bool,
    scale_groups_to_zero: bool,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    """Show what deploy would do; change nothing.

    The plan is made by the code that deploys: there is no dry run that could differ.
    """  # fmt: skip
    from ecsinfer.cli.session import open_session
    from ecsinfer.errors import UsageError

    if not destroy and (purge or scale_groups_to_zero):
        raise UsageError("--purge and --scale-groups-to-zero go with --destroy")
    if out is not None:
        _require_place(out)
    with open_session(common) as session:
        planned = session.plan(
            services=services,
            adopt=adopt,
            allow_replace=allow_replace,
            prune=prune,
            purge=purge,
            destroying=destroy,
            scale_groups_to_zero=scale_groups_to_zero,
        )
        made = planned.plan
        session.started("plan")
        if out is not None:
            from ecsinfer.cli import planning
            from ecsinfer.reconcile.codec import dump

            save(out, dump(made, spec=planning.digest(session.spec)))
        session.show_plan(made)
        session.summarise(made)
        session.warn(planned)
        return CHANGES_FOUND if detailed_exitcode and not made.empty else 0


def _require_place(out: Path) -> None:
    """Refuse, before anything is asked, a file that could not be written afterwards.

    Raises:
        UsageError: it could not.
    """
    from ecsinfer.errors import UsageError

    if not out.parent.is_dir():
        raise UsageError(
            f"--out {out}: there is no directory {out.parent}", hint=f"mkdir -p {out.parent}"
        )
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise UsageError(f"--out {out} may not be written", hint="name a file elsewhere")


def save(out: Path, text: str) -> None:
    """Write a plan for nobody else: its calls carry whole task definitions.

    Raises:
        EcsInferError: it cannot be written.
    """
    from ecsinfer.errors import EcsInferError

    try:
        if not out.exists() or out.is_file():  # a pipe is left as it is
            out.touch(mode=0o600)
            out.chmod(0o600)  # of one that was there
        out.write_text(text)
    except OSError as error:
        raise EcsInferError(
            f"--out {out} cannot be written: {error.strerror}", hint="name a file elsewhere"
        ) from error
