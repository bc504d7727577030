#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`mailaudit flatten` with each question in turn failed in each way: the networks are the same as
with all answers, or they are said to be incomplete; and the record that is offered never has fewer.

usage: flatten.py MAILAUDIT
"""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

import torture

CASES = torture.ROOT / "tests" / "cases"
FAILURES = ["timeout", "servfail", "refused", "bogus", "not-recorded"]


def flatten(program, *args, where=None):
    done = subprocess.run([program, "flatten", *args, "--format", "json"], cwd=where, timeout=60,
                          capture_output=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise AssertionError((done.returncode, done.stderr.decode(errors="replace")))
    return done.returncode, json.loads(done.stdout)


def record(program, case, folder):
    zones = [word for zone in sorted(case.glob("*.zone")) for word in ("--zone", zone.name)]
    return flatten(program, "example.com", "--offline", *zones, "--now", torture.NOW,
                   "--record", folder, where=case)


def wrong(good, failed):
    """What a failed run says that it may not."""
    (code, base), (other_code, other) = good, failed
    if other["state"] == "incomplete":
        out = [] if other_code == 3 else [f"incomplete, and the exit code is {other_code}"]
        if not any(row["why"] == "failed" for row in other["left"]):
            out.append("incomplete, and no term that failed")
        return out
    out = [f"{key}: {other[key]!r}, not {base[key]!r}"
           for key in ("state", "networks", "records", "left") if other[key] != base[key]]
    return out + ([f"exit code {other_code}"] if other_code != code else [])


def fail_each(program, case):
    """Complaints, and how many runs there were."""
    found, runs = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good = record(program, case, folder / "good")
        recording = torture.Recording(folder / "good", [])
        for index, lines in enumerate(recording.questions):
            question = " ".join(lines[0].split()[:2])
            for failure in FAILURES:
                place = folder / f"{index}-{failure}"
                place.mkdir()
                recording.write(place, index, [f"{question} failed:{failure}"])
                runs += 1
                failed = flatten(program, "--replay", place)
                found += [f"{question} {failure}: {w}" for w in wrong(good, failed)]
    return found, runs


def is_whole(case):
    words = shlex.split((case / "args").read_text())
    return words[0] == "flatten" and list(case.glob("*.zone")) and "example.com" in words


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    cases = [c for c in sorted(CASES.glob("flatten-*")) if is_whole(c)]
    print(f"1..{len(cases)}")
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(torture.JOBS) as pool:
        for number, (case, (found, runs)) in enumerate(
                zip(cases, pool.map(lambda c: fail_each(program, c), cases)), 1):
            bad += bool(found)
            print(f"{'not ok' if found else 'ok'} {number} - {case.name}, {runs} runs")
            for what in found:
                print(f"  # {what}")
    return bad == 0


sys.exit(0 if main() else 1)
