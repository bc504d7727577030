# SPDX-License-Identifier: MIT
"""What test_nagios.py and test_icinga.py share: four domains, the nsd that serves three of them and
refuses the fourth, and the folder of plug-ins."""
import os
import pathlib
import sys
import time

import nsd

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FILES = ROOT / "docs" / "monitoring"
ZONES = sorted((HERE.parent / "monitoring" / "zones").glob("*.zone"))
CHECKS = "spf,ptr,dmarc,dnsbl,mx"
LIST = "bl.test"
WAIT_SECS = 60

sys.path.insert(0, str(HERE.parent / "monitoring"))

# domain: state, and what the performance data has to say
DOMAINS = {
    "good.example": (0, {"score": "100", "findings": "0", "dnsbl_listed": "0"}),
    "warn.example": (1, {"score": "95", "findings": "1", "dnsbl_listed": "0"}),
    "bad.example": (2, {"score": "49", "findings": "2", "dnsbl_listed": "1"}),
    "gone.test": (3, {"score": "100", "score_lowest": "0", "dnsbl_listed": "U"}),
}


def server():
    return nsd.Nsd(ZONES)


def plugins(folder, mailaudit):
    """A folder with check_mailaudit in it."""
    path = pathlib.Path(folder) / "plugins"
    path.mkdir()
    os.symlink(os.path.abspath(mailaudit), path / "check_mailaudit")
    return path


def wait(process, log, done):
    """Until done() gives something; fails when the process ends or time runs out."""
    deadline = time.monotonic() + WAIT_SECS
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        if process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}:\n{log()}")
        time.sleep(0.2)
    raise AssertionError(f"nothing after {WAIT_SECS} s:\n{log()}")


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except Exception:  # pylint: disable=broad-except
        process.kill()
        process.wait()
