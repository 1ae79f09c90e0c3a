"""P29: runs `network_cuts.py` in a network of its own, where cables may be cut without harm to anybody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends import run_state

HERE = Path(__file__)
OWN_NETWORK = ["unshare", "--net", "--"]
READY = "ip link set lo up && nft list ruleset"


@pytest.mark.timeout(1200)
class TestCutNetworks:
    def test_end_in_errors_and_heal(self) -> None:
        tried = subprocess.run([*OWN_NETWORK, "sh", "-c", READY], capture_output=True, text=True, check=False)
        if tried.returncode:
            reason = tried.stderr.strip()
            run_state.skip_or_fail(
                "a network namespace", run_state.BackEndMissing(f"{reason}: it takes root and nftables")
            )
        environment = {name: value for name, value in os.environ.items() if name != run_state.VARIABLE}
        tests = f"exec {sys.executable} -m pytest -q -p no:cacheprovider {HERE.with_name('network_cuts.py')}"
        done = subprocess.run(
            [*OWN_NETWORK, "sh", "-c", f"ip link set lo up && {tests}"],
            env=environment,
            cwd=HERE.parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "skipped" not in done.stdout
