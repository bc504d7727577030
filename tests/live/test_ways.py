#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Three ways, one report: zone files, the same zones served by nsd, and the replay of that audit's
recording are equal byte for byte, as text and as JSON.

The zones are those of the demo and of the cases of tests/cases that answer all that is asked.

usage: test_ways.py MAILAUDIT [EVERY]     only each EVERY-th of the cases (1: all)
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import nsd

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
DEMO = ROOT / "docs" / "demo"
DEMO_TARGET = ["example.com", "192.0.2.10", "192.0.2.25", "2001:db8::10"]
NOW = ["--now", "1748736000"]
WITHOUT = {"--offline", "--trace", "--verbose", "-v"}  # what the ways or formats decide
WITH_VALUE = {"--format", "--record", "--replay", "--output", "--nameserver", "--colour",
              "--color", "--changed"}
# files: a replay must be given them, too
AGAIN = {"--lists", "--psl", "--policy", "--plugin", "--private-key"}


def audit(args, where):
    """(exit code, output) of the program."""
    done = subprocess.run([sys.argv[1], *args], cwd=where, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def both(args, where):
    """As text with all that is to be seen, and as JSON."""
    return audit(["--trace", "--verbose", *args], where) + audit(["--format", "json", *args], where)


def arguments(folder):
    """The case's own, or None where it is about something else than a report from zones."""
    words, kept = shlex.split((folder / "args").read_text()), []
    for word in words:
        if word in WITH_VALUE or "{" in word:
            return None
        if word not in WITHOUT:
            kept.append(word)
    return kept if "--now" in kept else NOW + kept


def answers_all(args, where):
    """Do the zones hold all that is asked for?"""
    code, out = audit(["--format", "json", *args], where)
    if code not in (0, 1):
        return False
    score = json.loads(out).get("score")  # the JSON of a command of its own has none
    return score is not None and score["not_asked"] == 0 and score["unanswered"] == 0


def compare(number, name, args, zones, where):
    again = [w for i, word in enumerate(args) if word in AGAIN for w in args[i:i + 2]]
    by_zone = ["--offline", *(word for zone in zones for word in ("--zone", str(zone)))]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="mailaudit-ways-") as folder, nsd.Nsd(zones) as server:
        by_nsd = ["--nameserver", server.address]
        recording = os.path.join(folder, "recording")
        audit([*by_nsd, "--record", recording, *args], where)
        files = both(by_zone + args, where)
        served = both(by_nsd + args, where)
        replayed = both(["--replay", recording, *again], where)
    if served != files:
        wrong.append("nsd's zones gave another report than the zone files")
    if replayed != served:
        wrong.append("the replay gave another report than nsd's zones")
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
    for what in wrong:
        print(f"  # {what}")
    return not wrong


def worlds(every):
    """(name, arguments, zones, folder)"""
    yield "demo", NOW + DEMO_TARGET, sorted(DEMO.glob("*.zone")), DEMO
    count = 0
    for folder in sorted(path.parent for path in CASES.glob("*/args")):
        zones = sorted(folder.glob("*.zone"))
        args = arguments(folder)
        if not zones or args is None:
            continue
        count += 1
        zone_args = ["--offline", *(w for zone in zones for w in ("--zone", str(zone)))]
        if count % every == 0 and answers_all(zone_args + args, folder):
            yield folder.name, args, zones, folder


def main():
    if not nsd.program():
        print("1..0 # SKIP nsd is not installed")
        return True
    os.environ["XDG_CONFIG_HOME"] = "/nonexistent"  # no policy of the user's own
    sys.argv[1] = os.path.abspath(sys.argv[1])
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    good = [compare(number, *world) for number, world in enumerate(worlds(every), 1)]
    print(f"1..{len(good)}\n# {sum(good)} of {len(good)} audits are the same in three ways")
    return all(good)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
