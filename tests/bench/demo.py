#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What one audit costs with nothing to wait for: the demo, from its zone files.

usage: demo.py MAILAUDIT
"""
import statistics
import sys

import measure

RUNS = 15
WALL_BAR_MSECS = 50
MEMORY_BAR_MB = 32
TARGET = ["example.com", "192.0.2.10", "192.0.2.25", "2001:db8::10"]


def main():
    command = [sys.argv[1], *measure.NOW, *measure.ZONE_ARGS, *TARGET]
    runs = [measure.run(*command) for _ in range(RUNS)]
    codes = {run[2] for run in runs}
    assert codes <= {0, 1}, f"the demo ended with {codes}"
    walls = [run[0] for run in runs]
    print(f"{RUNS} runs, fastest {min(walls):.1f} ms, slowest {max(walls):.1f} ms")
    holds = [
        measure.verdict("wall time, median", statistics.median(walls), WALL_BAR_MSECS, "ms"),
        measure.verdict("peak memory", max(run[1] for run in runs) / 1024, MEMORY_BAR_MB, "MB"),
    ]
    sys.exit(0 if all(holds) else 1)


main()
