# SPDX-License-Identifier: MIT
"""What the tests of files that are written share: the Test Anything Protocol, and runs that are
killed while they write."""
import random
import signal
import subprocess
import time


class Tap:
    """Counts and prints in the Test Anything Protocol."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, seen=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, what), flush=True)
        if not good:
            print("".join("  # %s\n" % line for line in str(seen).splitlines()), end="", flush=True)

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0


def killed_runs(kills, span, start):
    """Starts KILLS runs by start(number), each killed at a random moment of its SPAN seconds, and
    yields after each whether it was."""
    rng = random.Random(9989)
    for number in range(kills):
        process = start(number)
        time.sleep(rng.uniform(span * .2, span * 1.2))
        process.send_signal(signal.SIGKILL)
        yield process.wait() < 0


def quiet(command, **more):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, **more)
