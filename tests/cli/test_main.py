import json
import subprocess
import sys
from pathlib import Path

import pytest

from ecsinfer.cli.main import COMMANDS, run
from ecsinfer.sandbox import daemon
from tests.reference import README

CONFIGS = README.parent / "configs"
HEAVY = ("boto3", "botocore", "rich", "pydantic", "yaml", "moto", "tenacity")


def imported(*arguments: str) -> tuple[int, set[str]]:
    """The exit code of a run in a fresh process, and the heavy modules that it imported."""
    program = (
        "import sys; from ecsinfer.cli.main import run; code = run(sys.argv[1:]);"
        f" print('\\0', code, *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    code, *modules = done.stdout.rpartition("\0")[2].split()
    return int(code), set(modules)


def test_help_imports_click_alone() -> None:
    assert imported("--help") == (0, set())


def test_a_usage_error_imports_nothing_heavy() -> None:
    assert imported("deploy", "--no-such-option") == (2, set())


def test_a_misspelt_command_is_refused_with_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["deploi"]) == 2
    assert "No such command 'deploi'. Did you mean 'deploy'?" in capsys.readouterr().err
    assert run(["xyzzy"]) == 2
    assert "Did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("region", ["mars-1", "", "us-east-1a"])
def test_what_is_no_region_is_refused_before_anything_is_asked(
    region: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(CONFIGS / "quickstart.yaml")
    assert run(["plan", "--file", file, "--sandbox", "--region", region]) == 2
    assert f"'{region}' is no AWS region; one is us-east-1" in capsys.readouterr().err


def test_an_invalid_spec_is_refused_before_boto3_is_imported(tmp_path: Path) -> None:
    spec = tmp_path / "ecsinfer.yaml"
    overrides = "{service: {desiredCount: many}, container: {bogus: 1}}"
    spec.write_text(f"name: a\nservices: {{b: {{imagee: x, overrides: {overrides}}}}}\n")
    code, modules = imported("plan", "--file", str(spec))
    assert code == 2
    assert not modules & {"boto3", "botocore", "rich"}


@pytest.mark.server
def test_a_run_that_draws_nothing_imports_neither_rich_nor_the_embedded_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    daemon.start(speed=3600)
    try:
        for output in ("text", "json", "jsonl"):  # a deploy, then a no-op, then another
            code, modules = imported(
                "deploy",
                "--sandbox",
                "--file",
                str(CONFIGS / "quickstart.yaml"),
                "--output",
                output,
            )
            assert code == 0
            assert "boto3" in modules
            assert not modules & {"rich", "moto"}
    finally:
        daemon.stop()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: ecsinfer {command}")


def test_the_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ecsinfer 0.")


def test_a_reader_who_goes_away_is_no_error() -> None:
    program = [sys.executable, "-m", "ecsinfer", "schema"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert (process.wait(), process.stderr.read() if process.stderr else b"?") == (0, b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_ECSINFER_COMPLETE" in capsys.readouterr().out


def test_every_problem_of_a_spec_is_told_with_its_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "ecsinfer.yaml"
    spec.write_text("name: a\ncapacity: {ecs-gpu: {}}\nservices:\n  b:\n    imagee: x\n")
    assert run(["validate", "--file", str(spec)]) == 2
    told = capsys.readouterr().err
    assert f"error: {spec}:5:" in told
    assert f"error: {spec}:2:" in told
    assert "Traceback" not in told


def test_validate_tells_problems_as_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "ecsinfer.yaml"
    spec.write_text("name: a\nservices: {b: {imagee: x}}\n")
    assert run(["validate", "--file", str(spec), "--output", "json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] is False
    assert told["problems"][0]["line"] == 2


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_is_valid_and_has_a_policy(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", "--file", str(config)]) == 0
    capsys.readouterr()
    assert run(["policy", "--file", str(config)]) == 0
    policy = json.loads(capsys.readouterr().out)
    assert policy["Version"] == "2012-10-17"
    assert all(statement["Effect"] == "Allow" for statement in policy["Statement"])


def test_a_missing_file_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["plan"]) == 2
    told = capsys.readouterr().err
    assert "ecsinfer.yaml" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("flag", ["--purge", "--scale-groups-to-zero"])
def test_a_plan_takes_the_flags_of_a_destroy_for_a_destroy_alone(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", flag, "--file", str(CONFIGS / "quickstart.yaml")]) == 2
    assert "go with --destroy" in capsys.readouterr().err


def test_without_credentials_the_exit_code_and_the_hint_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    config = CONFIGS / "quickstart.yaml"
    code = run(["plan", "--file", str(config), "--endpoint-url", "http://127.0.0.1:9"])
    told = capsys.readouterr().err
    assert code in (2, 8)
    assert "credentials" in told
    assert "try: " in told


@pytest.mark.parametrize("arguments", [("schema",), ("policy", "--output", "jsonl"), ("--help",)])
def test_standard_output_that_takes_no_more_is_an_error_in_plain_words(
    arguments: tuple[str, ...],
) -> None:
    spec = ("-f", str(CONFIGS / "quickstart.yaml")) if arguments[0] == "policy" else ()
    program = [sys.executable, "-m", "ecsinfer", *arguments, *spec]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output cannot be written: No space left")
    assert "bug" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("url", ["foo", "localhost:4566", "ftp://x", "http://", "http://x:y"])
def test_an_endpoint_without_its_scheme_is_a_usage_error_that_tells_what_to_write(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plan", "-f", str(CONFIGS / "quickstart.yaml")]
    assert run([*command, "--endpoint-url", url]) == 2
    assert "write http://HOST:PORT or https://HOST" in capsys.readouterr().err


def test_an_endpoint_of_the_environment_is_held_to_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "foo")
    assert run(["plan", "-f", str(CONFIGS / "quickstart.yaml")]) == 2
    told = capsys.readouterr().err
    assert "error: ecs has no usable endpoint: Invalid endpoint: foo\n" in told
    assert "AWS_ENDPOINT_URL" in told


@pytest.mark.parametrize(
    "beside", [("--profile", "prod"), ("--endpoint-url", "http://127.0.0.1:9")]
)
def test_the_embedded_aws_goes_with_no_other(
    beside: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--sandbox", *beside]) == 2
    told = capsys.readouterr().err
    assert f"{beside[0]} would count for nothing" in told
    assert f"try: leave out {beside[0]}, or --sandbox" in told


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "nodir" / "ecsinfer.yaml"
    assert run(["init", "--preset", "vllm", "-f", str(spec)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {spec} cannot be written: No such file or directory\n")
