#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The files of docs/monitoring that no monitoring system reads: units, cron line, CI jobs.

usage: test_files.py MAILAUDIT
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None

FILES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "monitoring"
MAILAUDIT = os.path.abspath(sys.argv[1])
ZONE = """$ORIGIN {name}.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 900 1209600 900
@ NS ns1
ns1 A 203.0.114.2
@ MX 0 .
@ TXT "{spf}"
_dmarc TXT "v=DMARC1; p=reject"
"""


def run(*args, **more):
    return subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False, **more)


class Files(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="mailaudit-files-")))
        (self.dir / "bin").mkdir()

    def program(self, *options):
        """A mailaudit on the path that asks nobody."""
        path = self.dir / "bin" / "mailaudit"
        words = " ".join(options)
        path.write_text(f'#!/bin/sh\nexec "{MAILAUDIT}" {words} "$@"\n')
        path.chmod(0o755)
        return {**os.environ, "PATH": f"{self.dir / 'bin'}:{os.environ['PATH']}"}

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_units(self):
        self.program()
        for name in ("mailaudit@.service", "mailaudit@.timer"):
            text = (FILES / name).read_text()
            text = text.replace("/usr/bin/mailaudit", str(self.dir / "bin" / "mailaudit"))
            (self.dir / name).write_text(text)
        done = run("systemd-analyze", "verify", "--man=no",
                   self.dir / "mailaudit@example.com.timer",
                   self.dir / "mailaudit@example.com.service",
                   env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.dir}:"})
        ours = [x for x in (done.stdout + done.stderr).splitlines() if "mailaudit" in x]
        self.assertEqual(ours, [])
        calendar = re.search(r"^OnCalendar=(.*)$", (FILES / "mailaudit@.timer").read_text(), re.M)
        self.assertEqual(run("systemd-analyze", "calendar", calendar[1]).returncode, 0)

    def command_works_twice(self, command):
        """A command of --changed: it says what it found once, and nothing the next time."""
        zone = self.dir / "example.com.zone"
        zone.write_text(ZONE.format(name="example.com", spf="v=spf1 +all"))
        environment = self.program("--offline", "--zone", str(zone))
        (self.dir / "state").mkdir()
        command = command.replace("/var/lib/mailaudit", str(self.dir / "state"))
        command = command.replace("/usr/bin/mailaudit", "mailaudit")
        first = run("sh", "-c", command, env=environment)
        self.assertEqual((first.returncode, first.stderr), (1, ""), first.stdout)
        self.assertIn("spf.pass-all", first.stdout)
        second = run("sh", "-c", command, env=environment)
        self.assertEqual((second.returncode, second.stdout, second.stderr), (0, "", ""))

    def test_command_of_the_unit(self):
        text = (FILES / "mailaudit@.service").read_text()
        command = re.search(r"^ExecStart=(.*)$", text, re.M)[1]
        self.command_works_twice(command.replace("%i", "example.com"))

    def test_cron_line(self):
        rows = [x for x in (FILES / "mailaudit.cron").read_text().splitlines()
                if x and not x.startswith("#")]
        self.assertEqual(rows[0], "MAILTO=postmaster")
        self.assertEqual(len(rows), 2)
        match = re.fullmatch(r"(\d+) +(\d+) +\* +\* +\* +([a-z]+) +(/.*)", rows[1])
        self.assertIsNotNone(match, rows[1])
        self.assertLess(int(match[1]), 60)
        self.assertLess(int(match[2]), 24)
        self.assertNotIn("%", match[4])  # a line's end, to cron
        self.command_works_twice(match[4])

    def job_works(self, script):
        environment = self.program("--offline")
        zones = self.dir / "zones"
        zones.mkdir()
        good = ZONE.format(name="good.example", spf="v=spf1 -all")
        (zones / "good.example.zone").write_text(good)
        done = run("sh", "-e", "-c", script, cwd=self.dir, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        bad = ZONE.format(name="bad.example", spf="v=spf1 +all")
        (zones / "bad.example.zone").write_text(bad)
        done = run("sh", "-e", "-c", script, cwd=self.dir, env=environment)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("good.example", done.stdout)
        self.assertIn("spf.pass-all", done.stdout)

    @unittest.skipIf(yaml is None, "no python3-yaml")
    def test_github_job(self):
        job = yaml.safe_load((FILES / "github-actions.yml").read_text())["jobs"]["audit"]
        step = next(s for s in job["steps"] if s["name"] == "audit")
        self.job_works(step["run"])

    @unittest.skipIf(yaml is None, "no python3-yaml")
    def test_gitlab_job(self):
        job = yaml.safe_load((FILES / "gitlab-ci.yml").read_text())["mail"]
        self.job_works("\n".join(job["script"]))

    def test_every_file_is_named_in_the_page(self):
        page = (FILES / "README.md").read_text()
        for path in FILES.iterdir():
            if path.name != "README.md":
                self.assertIn(f"({path.name})", page)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
