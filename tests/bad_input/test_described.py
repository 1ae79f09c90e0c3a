"""What the descriptions promise holds under generated input, good and bad: no 5xx, and nothing they do not describe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.test_run import Machine

SERVICES = ("recording", "blanks", "equipment", "reporting")
SCOPES = "recording:read recording:write blanks:read blanks:write blanks:approve equipment:read equipment:write"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
NOT_JSON = "events|metrics|recording-uploads|centre-answers|imports"  # they have tests of their own
EXAMPLES, SEED = "15", "20171028"


class TestDescribed:
    @pytest.mark.timeout(300)
    def test_by_negative_and_positive_examples(self, tmp_path: Path) -> None:
        machine = Machine(tmp_path / "data")
        machine.start("--no-load")
        try:
            token = machine.rekap("token", "--scope", SCOPES, "--areas", "61").stdout.strip()
            for name in SERVICES:
                told = attack(machine.ports[name], token, tmp_path)
                assert " generated, " in told, told[-2000:]
        finally:
            machine.stop()


def attack(port: int, token: str, folder: Path) -> str:
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"http://127.0.0.1:{port}/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--phases", "fuzzing", "--max-examples", EXAMPLES,
        "--checks", CHECKS, "--exclude-path-regex", NOT_JSON, "--suppress-health-check", "all", "--seed", SEED,
        "--generation-database", "none", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout
