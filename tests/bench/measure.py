# SPDX-License-Identifier: MIT
"""What the measurements share: the demo's command line, a run with its wall time and memory."""
import os
import pathlib
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "live"))

DEMO = TESTS.parent / "docs" / "demo"
ZONES = sorted(DEMO.glob("*.zone"))
ZONE_ARGS = ["--offline", *(word for zone in ZONES for word in ("--zone", str(zone)))]
NOW = ["--now", "1790000000"]


def run(*command):
    """(wall msecs, peak resident kB, exit code, output) of a command."""
    start = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = (time.perf_counter() - start) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_maxrss, process.returncode, output.decode()


def verdict(what, value, bar, unit):
    """Prints a figure beside its bar; True if it holds."""
    holds = value <= bar
    word = "ok" if holds else "OVER THE BAR"
    print(f"{what}: {value:.1f} {unit}, bar {bar:.0f} {unit}, ratio {value / bar:.2f}: {word}")
    return holds
