"""The file of a plan: where it may be, who may read it, and which spec it is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecsinfer.cli import planning
from ecsinfer.cli.main import run
from ecsinfer.cli.plan import save
from ecsinfer.errors import EcsInferError, PlanStaleError, PreflightError
from ecsinfer.reconcile.codec import dump, load
from tests.cli.processes import QUICKSTART
from tests.laws.world import CONFIGS, Account, config

SPEC = CONFIGS["quickstart"]
NOBODY = ("-f", QUICKSTART, "--endpoint-url", "http://127.0.0.1:9")


def test_a_plan_that_could_not_be_saved_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nodir" / "plan.json"
    assert run(["plan", *NOBODY, "--out", str(out)]) == 2  # without asking anybody
    told = capsys.readouterr().err
    assert f"error: --out {out}: there is no directory {out.parent}" in told
    assert f"try: mkdir -p {out.parent}" in told


@pytest.mark.parametrize("before", [True, False])
def test_a_plan_is_for_nobody_else_even_where_a_file_was(tmp_path: Path, before: bool) -> None:
    out = tmp_path / "plan.json"
    if before:
        out.write_text("an older plan, which was longer")
        out.chmod(0o644)
    save(out, "{}")
    assert (out.read_text(), out.stat().st_mode & 0o777) == ("{}", 0o600)


def test_a_disk_that_is_full_is_told_of_the_file() -> None:
    with pytest.raises(EcsInferError, match="--out /dev/full cannot be written: No space left"):
        save(Path("/dev/full"), "{}")


def test_a_file_of_bytes_is_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run(["deploy", *NOBODY, "--plan", str(file)]) == 2
    told = capsys.readouterr().err
    assert "error: this file is no plan of ecsinfer\n" in told


def test_a_plan_of_another_spec_is_told_to_be_one() -> None:
    text = dump(Account().plan(SPEC), spec=planning.digest(SPEC))
    assert load(text, spec=planning.digest(config("quickstart"))).application == "quickstart"
    other = config("quickstart", "services.llm.replicas=3")
    with pytest.raises(PlanStaleError, match="made from another spec: with another --file, --env"):
        load(text, spec=planning.digest(other))


def test_a_spec_is_the_same_however_it_is_written_down(tmp_path: Path) -> None:
    again = config("quickstart", "services.llm.load_balancer.container=null")
    assert planning.digest(again) == planning.digest(SPEC)
    assert len({planning.digest(each) for each in CONFIGS.values()}) == len(CONFIGS)


@pytest.mark.rule("G2")
def test_what_a_saved_plan_needs_is_looked_at_again_before_its_first_write() -> None:
    account = Account()
    run_ = account.prepare(SPEC)
    assert planning.saved(run_.door, SPEC, run_.plan).warnings == ()
    group = account.client("autoscaling")
    group.delete_auto_scaling_group(AutoScalingGroupName="gpu-asg", ForceDelete=True)
    with pytest.raises(PreflightError, match="group gpu-asg does not exist"):
        planning.saved(run_.door, SPEC, run_.plan)
    assert run_.writes == []
