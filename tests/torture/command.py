# SPDX-License-Identifier: MIT
"""A command with a JSON answer of its own: each question in turn is failed in each way, and what it
says then is compared with what it says with all answers."""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

import torture

CASES = torture.ROOT / "tests" / "cases"
FAILURES = ["timeout", "servfail", "refused", "bogus", "not-recorded"]


class Command:
    """word: of the command; arguments(case): what it is recorded with, beside the zones;
    wrong(good, failed), each an exit code and the answer: complaints."""

    def __init__(self, word, arguments, wrong):
        self.program = str(pathlib.Path(sys.argv[1]).resolve())
        self.word, self.arguments, self.wrong = word, arguments, wrong

    def run(self, *args, where=None):
        done = subprocess.run([self.program, self.word, *args, "--format", "json"], cwd=where,
                              timeout=60, capture_output=True, check=False)
        if done.returncode not in (0, 1, 3):
            raise AssertionError((done.returncode, done.stderr.decode(errors="replace")))
        return done.returncode, json.loads(done.stdout)

    def record(self, case, folder):
        zones = [word for zone in sorted(case.glob("*.zone")) for word in ("--zone", zone.name)]
        return self.run(*self.arguments(case), *zones, "--now", torture.NOW, "--record", folder,
                        where=case)

    def fail_each(self, case):
        """Complaints, and how many runs there were."""
        found, runs = [], 0
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            good = self.record(case, folder / "good")
            recording = torture.Recording(folder / "good", [])
            for index, lines in enumerate(recording.questions):
                question = " ".join(lines[0].split()[:2])
                for failure in FAILURES:
                    place = folder / f"{index}-{failure}"
                    place.mkdir()
                    recording.write(place, index, [f"{question} failed:{failure}"])
                    runs += 1
                    failed = self.run("--replay", place)
                    found += [f"{question} {failure}: {w}" for w in self.wrong(good, failed)]
        return found, runs

    def torture(self, cases):
        """As TAP; the exit code."""
        print(f"1..{len(cases)}")
        bad = 0
        with concurrent.futures.ThreadPoolExecutor(torture.JOBS) as pool:
            for number, (case, (found, runs)) in enumerate(
                    zip(cases, pool.map(self.fail_each, cases)), 1):
                bad += bool(found)
                print(f"{'not ok' if found else 'ok'} {number} - {case.name}, {runs} runs")
                for what in found:
                    print(f"  # {what}")
        return 1 if bad else 0
