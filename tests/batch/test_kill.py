#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""SIGKILL at random moments of a batch; after --resume the output is that of an uninterrupted run.
usage: test_kill.py MAILAUDIT [TARGETS [KILLS]]"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from batchlib import Tap, command, lines, run, write_list, write_zone


def killed_run(cmd, secs):
    """Returns whether it was killed before its end."""
    p = subprocess.Popen(cmd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(secs)
    p.send_signal(signal.SIGKILL)
    return p.wait() < 0


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    rng = random.Random(7208)
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        zone, targets = write_zone(folder, count), write_list(folder, count)
        out = os.path.join(folder, "out")
        cmd = command(program, zone, targets, "--output", out)
        begin = time.monotonic()
        run(cmd)
        span = time.monotonic() - begin
        want = sorted(lines(out))
        os.remove(out)
        tap.ok(len(want) == count, "%d targets in %.2f s" % (count, span))
        hit = 0
        for _ in range(kills):
            hit += killed_run(cmd + ["--resume"], rng.uniform(0, span / 2))
            if rng.random() < .3 and os.path.exists(out + ".partial"):
                with open(out + ".partial", "r+b") as f: # what a power failure may leave
                    size = f.seek(0, os.SEEK_END)
                    f.truncate(rng.randint(0, size))
            if os.path.exists(out):
                os.remove(out)
        run(cmd + ["--resume"])
        tap.ok(hit > 0, "%d of %d runs were killed" % (hit, kills))
        tap.ok(sorted(lines(out)) == want, "the output is that of an uninterrupted run")
    return tap.end()


sys.exit(main())
