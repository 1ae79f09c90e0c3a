"""promtool as a process: what it says of rules and of metrics."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.backends import run_state

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
NAME = re.compile(r"\b(?:rekap_[a-z_]+|up)\b")


def promtool(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    found = shutil.which("promtool")
    if found is None:
        run_state.skip_or_fail("promtool", FileNotFoundError("there is none on the path"))
    return subprocess.run([found, *words], cwd=FOLDER, input=given, capture_output=True, check=False)


def rules() -> list[dict[str, Any]]:
    """Every rule, of all groups."""
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def metrics_asked_for() -> set[str]:
    """Names in the rules' expressions, of what services themselves show."""
    return {name for rule in rules() for name in NAME.findall(rule["expr"])} - {"up"}


def output_of(done: subprocess.CompletedProcess[bytes]) -> str:
    return json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode()], indent=1)
