#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The demo, its zones given as files and the same zones served by nsd: one report, byte for byte.

usage: test_demo_nsd.py MAILAUDIT
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import nsd

DEMO = pathlib.Path(__file__).resolve().parents[2] / "docs" / "demo"
ZONES = sorted(DEMO.glob("*.zone"))
TARGET = ["example.com", "192.0.2.10", "192.0.2.25", "2001:db8::10"]
NOW = "1790000000"
MAILAUDIT = sys.argv[1]


def audit(*args, target=TARGET):
    """(exit code, report) of the demo."""
    done = subprocess.run(
        [MAILAUDIT, "--now", NOW, *args, *target],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode not in (0, 1, 3):
        raise AssertionError(done.stderr.decode(errors="replace"))
    return done.returncode, done.stdout


class DemoThroughNsd(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        server = nsd.Nsd(ZONES)
        cls.enterClassContext(server)
        cls.server = ["--nameserver", server.address]
        cls.zones = ["--offline", *(word for zone in ZONES for word in ("--zone", str(zone)))]

    def same(self, *args, target=TARGET):
        by_file = audit(*self.zones, *args, target=target)
        by_nsd = audit(*self.server, *args, target=target)
        self.assertEqual(by_file[1].decode(), by_nsd[1].decode())
        self.assertEqual(by_file, by_nsd)
        return by_file[1].decode()

    def test_text(self):
        self.assertIn("example.com", self.same("--format", "text"))

    def test_json(self):
        report = json.loads(self.same("--format", "json"))
        self.assertEqual(report["status"], "complete")
        self.assertEqual(report["score"]["unanswered"], 0)
        self.assertEqual(report["score"]["not_asked"], 0)

    def test_addresses_from_mx(self):
        report = json.loads(self.same("--format", "json", target=TARGET[:1]))
        self.assertEqual(report["target"]["addresses_from"], "mx")

    def test_replay_of_the_recording(self):
        with tempfile.TemporaryDirectory() as folder:
            recorded = audit(*self.server, "--format", "json", "--record", folder + "/demo")
            replayed = audit("--replay", folder + "/demo", "--format", "json")
            self.assertEqual(recorded, replayed)
            self.assertEqual(recorded[1].decode(), self.same("--format", "json"))


if __name__ == "__main__":
    if not nsd.program():
        print("skipped: nsd is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
