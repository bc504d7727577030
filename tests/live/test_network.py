#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A name server that misbehaves in every way we know (badserver.py): each fault has its own name,
none is taken for an absence, and nothing passes, crashes or hangs.

usage: test_network.py MAILAUDIT ANSWERS
"""
import concurrent.futures
import json
import subprocess
import sys
import tempfile
import time
import unittest

import badserver

MAILAUDIT, ANSWERS = sys.argv[1:3]
PARALLEL = 8  # processes that mostly wait
TIMEOUT_SECS = 3  # of an audit
# a question's own deadline, and what a slow machine may take on top of it
ENDS_SECS = 15

# how a TXT question ends under each mode
FAILS = {
    "silent": "timeout",
    "servfail": "servfail",
    "refused": "refused",
    "notimp": "rcode",
    "notauth": "rcode",
    "formerr": "rcode",
    "wrong-id": "timeout",
    "wrong-question": "timeout",
    "wrong-type": "timeout",
    "truncated": "truncated",
    "truncated-both": "truncated",
    "garbage": "timeout",
    "garbage-answer": "malformed",
    "empty": "timeout",
    "header-only": "timeout",
    "no-response-bit": "malformed",
    "cname-loop": "cname-loop",
    "cname-chain": "cname-loop",
    "cname-step": "cname-loop",
    "cname-to-servfail": "servfail",
    "huge": "too-large",
    "pointer-loop": "malformed",
    "pointer-outside": "malformed",
    "count-too-high": "malformed",
    "length-too-long": "malformed",
    "other-owner": "malformed",
    "nxdomain-with-data": "malformed",
    "referral": "rcode",
}
WORKS = {
    "good": "676f6f64",
    "slow": "676f6f64",
    "no-edns": "676f6f64",
    "truncated-tcp": "676f6f64",
    "large-txt": "78" * 250,
    "nuls": "61006200",
}
# the domain's own records; their every look-up fails
CHECKS = ("dkim", "dmarc", "mx", "spf", "tls_rpt")


def ask(address, *questions):
    """{(name, type): (status, rest of the line)}"""
    done = subprocess.run(
        [ANSWERS, "--nameserver", address],
        input="".join(f"{name} {rdtype}\n" for name, rdtype in questions),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    rows = [line.split(" ", 3) for line in done.stdout.splitlines()]
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def checks_there():
    done = subprocess.run([MAILAUDIT, "--rules"], capture_output=True, encoding="utf-8", check=True)
    return [name for name in CHECKS if f"{name}." in done.stdout]


def audit(address, domain, *args):
    """(exit code, report, seconds)"""
    started = time.monotonic()
    done = subprocess.run(
        [MAILAUDIT, "--nameserver", address, "--now", "1790000000", "--format", "json",
         "--timeout", str(TIMEOUT_SECS), *args, domain, "192.0.2.10"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode not in (0, 1, 3):
        raise AssertionError((done.returncode, done.stderr))
    return done.returncode, json.loads(done.stdout), time.monotonic() - started


class BadNameServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = badserver.BadServer()
        cls.enterClassContext(server)
        cls.address = server.address
        cls.checks = checks_there()
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(PARALLEL))

    def test_every_mode_is_tested(self):
        rest = {"nodata", "nxdomain", "pointer-loop-in-data"}
        self.assertEqual(set(badserver.MODES), {*FAILS, *WORKS, *rest})

    def ask_each(self, modes):
        """(mode, status, rest) of each mode's TXT question, asked by a process of its own."""
        questions = [(f"{mode}.example", "TXT") for mode in modes]
        answers = self.pool.map(lambda question: ask(self.address, question)[question], questions)
        return [(mode, *answer) for mode, answer in zip(modes, answers)]

    def test_questions_that_fail(self):
        for mode, status, _ in self.ask_each(FAILS):
            with self.subTest(mode=mode):
                self.assertEqual(status, "failed:" + FAILS[mode])

    def test_questions_that_work(self):
        for mode, status, rest in self.ask_each(WORKS):
            with self.subTest(mode=mode):
                self.assertEqual(status, "ok")
                self.assertIn(WORKS[mode], rest)

    def test_all_at_once(self):
        """One process, one channel: what one answer does to c-ares must not hurt the next."""
        # a connection that is closed takes all that is asked over it with it: left out
        fails = {mode: word for mode, word in FAILS.items() if mode != "truncated"}
        questions = [(f"{mode}.example", "TXT") for mode in (*fails, *WORKS)]
        answers = ask(self.address, *questions)
        for mode, word in fails.items():
            self.assertEqual(answers[(f"{mode}.example", "TXT")][0], "failed:" + word, mode)
        for mode in WORKS:
            self.assertEqual(answers[(f"{mode}.example", "TXT")][0], "ok", mode)

    def test_names_in_data(self):
        name = "pointer-loop-in-data.example"
        for rdtype in ("NS", "PTR", "CNAME", "MX", "SOA"):
            with self.subTest(rdtype=rdtype):
                status, _ = ask(self.address, (name, rdtype))[(name, rdtype)]
                self.assertEqual(status, "failed:malformed")

    def test_absence_is_told_apart(self):
        questions = [("nodata.example", "TXT"), ("nxdomain.example", "TXT")]
        answers = ask(self.address, *questions)
        self.assertEqual([answers[q][0] for q in questions], ["nodata", "nxdomain"])
        self.assertEqual({answers[q][1] for q in questions}, {"ttl=60"})

    def test_nobody_listens(self):
        name = "good.example"
        answers = ask(f"127.0.0.1:{badserver.closed_port()}", (name, "TXT"))
        self.assertEqual(answers[(name, "TXT")][0], "failed:network")

    def audit(self, mode, address=None):
        args = ["--check", ",".join(self.checks)]
        return audit(address or self.address, f"{mode}.example", *args)

    def check_report(self, result, words):
        code, report, secs = result
        self.assertLess(secs, ENDS_SECS)
        self.assertEqual(code, 3)
        self.assertEqual(report["status"], "incomplete")
        findings = [f for f in report["findings"] if f["check"] in CHECKS]
        self.assertTrue(findings)
        for finding in findings:
            self.assertEqual(finding["severity"], "unknown", finding)
            self.assertIn(finding["failure"], words)
            self.assertEqual(finding["points"], 0)
        self.assertGreater(report["score"]["unanswered"], 0)
        self.assertLess(report["score"]["lowest"], report["score"]["value"])

    def test_reports(self):
        for (mode, word), result in zip(FAILS.items(), self.pool.map(self.audit, FAILS)):
            with self.subTest(mode=mode):
                # what is still open when the audit's time is over is given up
                words = [word, "budget"] if word in ("timeout", "truncated") else [word]
                if mode == "huge":
                    words.append("malformed")  # four bytes are no MX record
                self.check_report(result, words)

    def record_and_replay(self, mode):
        """(what the audit printed, what the replay of its recording prints)"""
        folder = f"{self.folder}/{mode}"
        options = ["--format", "json", "--check", ",".join(self.checks)]
        source = ["--nameserver", self.address, "--timeout", str(TIMEOUT_SECS), "--record", folder]
        target = [f"{mode}.example", "192.0.2.10"]
        runs = ([*source, *options, *target], ["--replay", folder, *options])
        done = [
            subprocess.run([MAILAUDIT, *args], capture_output=True, timeout=60, check=False)
            for args in runs
        ]
        return [(run.returncode, run.stdout.decode(), run.stderr.decode()) for run in done]

    def test_recordings_repeat_it(self):
        modes = [*WORKS, *FAILS]
        for mode, (audited, replayed) in zip(modes, self.pool.map(self.record_and_replay, modes)):
            with self.subTest(mode=mode):
                self.assertIn(audited[0], (0, 1, 3))
                self.assertEqual(audited, replayed)

    def test_report_when_nobody_listens(self):
        result = self.audit("good", f"127.0.0.1:{badserver.closed_port()}")
        self.check_report(result, ["network"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
