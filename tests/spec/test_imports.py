from __future__ import annotations

import subprocess
import sys

HEAVY = ("boto3", "botocore", "rich", "tenacity", "moto", "click", "ecsinfer.sandbox")


def test_importing_the_spec_imports_nothing_heavy_but_pydantic() -> None:
    script = f"import sys, ecsinfer.spec; print([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
