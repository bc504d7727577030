#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_mailaudit as a monitoring system calls it: states, status line, performance data, ranges,
check_rbl's options, --soft.

usage: test_plugin.py MAILAUDIT
"""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import perfdata

HERE = pathlib.Path(__file__).resolve().parent
ZONES = sorted((HERE / "zones").glob("*.zone"))
MAILAUDIT = os.path.abspath(sys.argv[1])
OK, WARNING, CRITICAL, UNKNOWN = range(4)
NAMES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
ZONE_WORDS = [word for zone in ZONES for word in ("--zone", str(zone))]
CHECKS = ["--check", "spf,ptr,dmarc,dnsbl,mx", "--server", "bl.test"]


class Told:
    """What one call printed, taken apart and looked at."""

    def __init__(self, process, form=True):
        self.code, self.out = process.returncode, process.stdout.decode()
        lines = self.out.splitlines()
        self.status, _, data = lines[0].partition(" | ")
        self.more = lines[1:]
        self.data = perfdata.parse(data)
        assert process.stderr == b"", process.stderr
        if not form:
            return
        assert len(self.status) < 80, self.status
        assert self.status.startswith(f"MAILAUDIT {NAMES[self.code]}: "), (self.code, self.out)
        assert self.out.count("|") <= 1, self.out
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", self.out), repr(self.out)

    def value(self, label):
        return self.data[label]["value"]


def run(*args, program=MAILAUDIT):
    return subprocess.run([program, *args], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)


class Plugin(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mailaudit-nagios-"))
        cls.programs = {}
        for name in ("check_mailaudit", "check_rbl"):
            cls.programs[name] = os.path.join(cls.dir, name)
            os.symlink(MAILAUDIT, cls.programs[name])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
            closed.bind(("127.0.0.1", 0))
            cls.nobody = f"127.0.0.1:{closed.getsockname()[1]}"
        cls.silent = cls.enterClassContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        cls.silent.bind(("127.0.0.1", 0))

    def tell(self, *args, name="check_mailaudit", form=True):
        return Told(run(*ZONE_WORDS, "--nameserver", self.nobody, *args,
                        program=self.programs[name]), form)

    def audit(self, domain, *args):
        return self.tell("-H", domain, *CHECKS, *args)

    def rbl(self, *args):
        return self.tell("--check-rbl", *args)


class States(Plugin):
    def test_ok(self):
        told = self.audit("good.example")
        self.assertEqual(told.code, OK)
        self.assertEqual(told.status, "MAILAUDIT OK: good.example 100 A")
        self.assertEqual(told.more, [])
        self.assertEqual(told.data["score"],
                         {"value": "100", "warn": "", "crit": "", "min": "0", "max": "100"})
        self.assertEqual(told.data["spf_lookups"]["crit"], "10")
        self.assertEqual((told.value("findings"), told.value("dnsbl_listed")), ("0", "0"))

    def test_warning(self):
        told = self.audit("warn.example")
        self.assertEqual(told.code, WARNING)
        self.assertEqual(told.status,
                         "MAILAUDIT WARNING: warn.example 95 A, 1 warning, dmarc.missing")
        self.assertEqual(told.value("warnings"), "1")

    def test_critical(self):
        told = self.audit("bad.example")
        self.assertEqual(told.code, CRITICAL)
        self.assertEqual(told.value("score"), "49")
        self.assertEqual((told.value("critical"), told.value("dnsbl_listed")), ("1", "1"))

    def test_unknown(self):
        told = self.audit("gone.test")
        self.assertEqual(told.code, UNKNOWN)
        self.assertIn("(could be 0 F)", told.status)
        self.assertEqual((told.value("spf_lookups"), told.value("dnsbl_listed")), ("U", "U"))
        self.assertEqual(told.value("score_lowest"), "0")
        self.assertEqual(self.audit("gone.test", "--incomplete-ok").code, OK)

    def test_not_asked_is_not_unknown(self):
        told = Told(run(*ZONE_WORDS, "--offline", "-H", "good.example", "--check", "spf,dnsbl",
                        "-s", "elsewhere.invalid", program=self.programs["check_mailaudit"]))
        self.assertEqual(told.code, OK)
        self.assertEqual(told.value("dnsbl_listed"), "U")

    def test_deadline_tells_what_is_known(self):
        start = time.monotonic()
        told = Told(run(*ZONE_WORDS, "--nameserver", "127.0.0.1:%d" % self.silent.getsockname()[1],
                        "-t", "0.5", "-H", "bad.example", *CHECKS, "-s", "silent.invalid",
                        program=self.programs["check_mailaudit"]))
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(told.code, CRITICAL)
        self.assertEqual(told.value("dnsbl_unknown"), "1")
        self.assertEqual(told.value("dnsbl_listed"), "1")

    def test_long_names_fit(self):
        domain = ".".join(["a-rather-long-label-of-a-domain"] * 6) + ".good.example"
        told = self.audit(domain)
        self.assertIn("...", told.status)
        told = self.audit("gone.test", "-I", "a." * 60 + "gone.test")
        self.assertEqual(told.code, UNKNOWN)


class Thresholds(Plugin):
    def test_ranges(self):
        for args, due in (
            (["-w", "95:"], OK), (["-w", "96:"], WARNING), (["-c", "96:"], CRITICAL),
            (["-w", "~:94"], WARNING), (["-c", "~:95"], OK), (["-c", "95"], OK),
            (["-c", "94"], CRITICAL), (["-c", "90:94"], CRITICAL), (["-c", "@95:96"], CRITICAL),
            (["-w", "@1:94"], OK), (["-w", "96:", "-c", "95:"], WARNING),
            (["-w", "100:", "-c", "96:"], CRITICAL),
        ):
            told = self.audit("warn.example", *args)
            self.assertEqual(told.value("score"), "95")
            self.assertEqual(told.code, max(due, WARNING), args)

    def test_ranges_are_in_the_performance_data(self):
        told = self.audit("good.example", "-w", "85:", "-c", "@~:50")
        self.assertEqual((told.data["score"]["warn"], told.data["score"]["crit"]),
                         ("85:", "@~:50"))

    def test_a_missing_answer_may_hide_an_alert(self):
        # a list of medium weight without an answer: 5 points at worst
        args = ["-s", "gone-a.test", "--incomplete-ok"]
        self.assertEqual(self.audit("good.example", *args[:2]).code, OK)
        told = self.audit("good.example", *args[:2], "-c", "96:")
        self.assertEqual((told.code, told.value("score_lowest")), (UNKNOWN, "95"))
        self.assertEqual(self.audit("good.example", *args[:2], "-w", "96:").code, UNKNOWN)
        self.assertEqual(self.audit("good.example", *args, "-w", "96:").code, OK)

    def test_usage_errors(self):
        for args, words in (
            (["-H", "good.example", "-w", "20:10"], "--warning '20:10': not a range"),
            (["-H", "good.example", "-c", "ten"], "--critical 'ten': not a range"),
            (["-H", "good.example", "-x"], "unknown option '-x'"),
            (["-H", "good.example", "-w"], "option '-w' needs a value"),
            (["-H", "nodot"], "'nodot' is not a domain"),
            ([], "no domain given"),
            (["-H", "good.example", "--soft", "3"], "--soft N and --state FILE"),
            (["-H", "good.example", "--soft", "0", "--state", "x"], "--soft '0'"),
            (["-H", "good.example", "--format", "json"], "--format"),
            (["-H", "good.example", "--changed", "x"], "--changed"),
            (["-H", "good.example", "-U", "good.example"], "--url"),
            (["-H", "good.example", "-t", "never"], "--timeout 'never'"),
            (["-H", "good.example", "--zone", "/nonexistent"], "/nonexistent"),
            (["-H", "good.example", "-w", "a\x1b[31m|b"], "--warning 'a\\x1b[31m\\x7cb'"),
            (["--check-rbl"], "-H or -U"),
            (["--check-rbl", "-H", "192.0.2.1", "-w", "2", "-c", "1"], "--critical has to be"),
            (["--check-rbl", "-H", "192.0.2.1", "-w", "1:"], "--warning '1:'"),
            (["--check-rbl", "-U", "good.example", "-s", "zen.spamhaus.org"],
             "'zen.spamhaus.org' as a list of IPv4 and IPv6 addresses"),
        ):
            told = self.tell(*args)
            self.assertEqual(told.code, UNKNOWN, args)
            self.assertIn(words, told.out)

    def test_help_and_version_exit_with_3(self):
        for args in (["-h"], ["--help"], ["-V"], ["--version"], ["--check-rbl", "--help"]):
            done = run(*args, program=self.programs["check_mailaudit"])
            self.assertEqual(done.returncode, UNKNOWN)
            self.assertIn(b"check_mailaudit", done.stdout)
        self.assertEqual(run("--help").returncode, 0)

    def test_by_option(self):
        told = Told(run("--nagios", "--offline", *ZONE_WORDS, "good.example", *CHECKS))
        self.assertEqual(told.code, OK)
        done = run("--offline", *ZONE_WORDS, "warn.example", "--check", "dmarc", "--format",
                   "nagios")
        self.assertEqual(done.returncode, 0)  # mailaudit's own: nothing that fails
        self.assertIn(b"MAILAUDIT WARNING: ", done.stdout)


class Lines(Plugin):
    def test_verbosity(self):
        self.assertEqual(self.audit("bad.example").more, [])
        one = self.audit("bad.example", "-v").more
        two = self.audit("bad.example", "-vv").more
        three = self.audit("bad.example", "-vvv").more
        self.assertEqual(one[0], "CRITICAL spf.pass-all bad.example: "
                                 "the SPF record allows the whole world to send")
        self.assertEqual(len(one), 2)
        self.assertTrue([x for x in two if x.startswith("  seen: ")])
        self.assertTrue([x for x in two if x.startswith("  fix: ")])
        self.assertIn("Score", three)
        # what a list said holds a '|'
        self.assertTrue([x for x in two if "\\x7c" in x])
        self.assertTrue([x for x in three if "\\x7c" in x])


class CheckRbl(Plugin):
    def test_counts(self):
        lists = ["-H", "203.0.114.12", "-s", "bl.test", "-s", "wl.test"]
        self.assertEqual(self.rbl(*lists).code, CRITICAL)
        self.assertEqual(self.rbl(*lists, "-w", "1", "-c", "2").code, WARNING)
        self.assertEqual(self.rbl(*lists, "-w", "2", "-c", "2").code, OK)
        told = self.rbl(*lists, "-a", "tail")
        self.assertEqual(told.status, "MAILAUDIT CRITICAL: 203.0.114.12 listed on 1 of 2 lists: "
                                      "bl.test tail")
        self.assertEqual(told.data["servers"],
                         {"value": "1", "warn": "0", "crit": "0", "min": "0", "max": "2"})

    def test_host_names_and_domains(self):
        self.assertEqual(self.rbl("-H", "mail.bad.example", "-s", "bl.test").code, CRITICAL)
        self.assertEqual(self.rbl("-H", "mail.good.example.", "-s", "bl.test").code, OK)
        self.assertEqual(self.rbl("-H", "mail.gone.test", "-s", "bl.test").code, UNKNOWN)
        self.assertEqual(self.rbl("-H", "nothing.example", "-s", "bl.test").code, UNKNOWN)
        self.assertEqual(self.rbl("-U", "good.example", "-s", "bl.test").code, UNKNOWN)

    def test_why_nothing_is_known(self):
        for host, zone, due in (
            ("nothing.example", "bl.test", "it has no address"),
            ("mail.gone.test", "bl.test", "no address: a look-up failed"),
            ("203.0.114.10", "bl.spamcannibal.org", "no list was asked, 1 left out"),
        ):
            told = self.rbl("-H", host, "-s", zone)
            self.assertEqual(told.status, f"MAILAUDIT UNKNOWN: {host}: {due}")

    def test_the_lists_that_count_are_named(self):
        """The name of a list goes before counts that the performance data has, the list that more
        receivers use before others, and what is not named is told of."""
        gone = [word for name in ("", "a.", "b.") for word in ("-s", f"{name}gone.test")]
        told = self.rbl("-H", "203.0.114.12", "-s", "bl.test", *gone)
        self.assertEqual(told.status, "MAILAUDIT CRITICAL: 203.0.114.12 listed on 1 of 4 lists: "
                                      "bl.test, 3 unknown")
        told = self.rbl("-H", "203.0.114.10", "-s", "bl.test", "-s", "gone.test")
        self.assertEqual(told.status, "MAILAUDIT UNKNOWN: 203.0.114.10 listed on 0 of 2 lists, "
                                      "1 unknown: gone.test")
        lists = pathlib.Path(self.dir) / "lists"
        zones = {"a-list-with-a-long-name.test": "low", "zz.test": "info", "y.test": "critical"}
        words = []
        for zone, weight in zones.items():
            path = pathlib.Path(self.dir) / f"{zone}.zone"
            path.write_text(f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n NS ns.example.\n"
                            "2.0.0.127 A 127.0.0.2\n12.114.0.203 A 127.0.0.2\n")
            words += ["--zone", str(path)]
        lists.write_text("".join(f"{zone} ip4 {weight}\n" for zone, weight in zones.items()))
        told = self.rbl("-H", "203.0.114.12", "--lists", str(lists), *words)
        self.assertEqual(told.status, "MAILAUDIT CRITICAL: 203.0.114.12 listed on 3 of 3 lists: "
                                      "y.test, ...")

    def test_allow_lists(self):
        good, bad = ["-H", "203.0.114.10"], ["-H", "203.0.114.12"]
        self.assertEqual(self.rbl(*good, "-s", "wl.test", "--wl").code, OK)
        told = self.rbl(*bad, "-s", "wl.test", "--whitelistings")
        self.assertEqual((told.code, told.value("servers")), (CRITICAL, "1"))

    def test_unknown_lists(self):
        lists = ["-H", "203.0.114.10", "-s", "bl.test", "-s", "gone.test"]
        told = self.rbl(*lists)
        self.assertEqual((told.code, told.value("servers_unknown")), (UNKNOWN, "1"))
        self.assertEqual(self.rbl(*lists, "--incomplete-ok").code, OK)
        self.assertEqual(self.rbl(*lists, "-w", "2", "-c", "2").code, OK)
        told = self.rbl("-H", "203.0.114.10", "-s", "gone.test")
        self.assertEqual((told.code, told.value("servers")), (UNKNOWN, "U"))

    def test_details(self):
        told = self.rbl("-H", "203.0.114.12", "-s", "bl.test", "-s", "wl.test", "-v")
        self.assertEqual(told.more, ["listed bl.test 203.0.114.12: sent spam \\x7c see "
                                     "https://bl.test/"])
        told = self.rbl("-H", "203.0.114.12", "-s", "bl.test", "-s", "wl.test", "-vv")
        self.assertEqual(len(told.more), 2)

    def test_by_name_and_with_its_own_options(self):
        told = self.tell("-H", "203.0.114.12", "-s", "bl.test", "-s", "bl.test", "--retry", "2",
                         "--workers", "5", "-d", "--query-timeout=3", "-t", "9", name="check_rbl")
        self.assertEqual((told.code, told.value("servers")), (CRITICAL, "1"))

    def test_options_from_a_file(self):
        ini = os.path.join(self.dir, "rbl.ini")
        with open(ini, "w", encoding="utf-8") as file:
            file.write("; lists\n[other]\nserver=gone.test\n\n[rbl]\nserver = bl.test\n"
                       "# and\nserver=wl.test\ncritical=2\nwhitelistings\n")
        told = self.rbl("-H", "203.0.114.12", f"--extra-opts=rbl@{ini}")
        self.assertEqual((told.code, told.value("servers")), (WARNING, "1"))
        self.assertEqual(self.rbl("-H", "203.0.114.12", f"--extra-opts=none@{ini}").code, UNKNOWN)
        with open(ini, "a", encoding="utf-8") as file:
            file.write("nonsense=1\n")
        told = self.rbl("-H", "203.0.114.12", f"--extra-opts=rbl@{ini}")
        self.assertEqual(told.code, UNKNOWN)
        self.assertIn("line 11", told.out)


class Soft(Plugin):
    def setUp(self):
        self.file = os.path.join(self.dir, self.id())

    def once(self, broken, *args):
        server = self.nobody if broken else None
        words = ["--nameserver", server] if broken else ["--offline"]
        zones = ZONE_WORDS if not broken else []
        return Told(run(*zones, *words, "-H", "warn.example", *CHECKS, "--soft", "3", "--state",
                        self.file, *args, program=self.programs["check_mailaudit"]))

    def test_unknowns_in_a_row(self):
        codes, told = [], []
        for broken in (False, True, True, True, True, False, True):
            told.append(self.once(broken))
            codes.append(told[-1].code)
        self.assertEqual(codes, [WARNING, WARNING, WARNING, UNKNOWN, UNKNOWN, WARNING, WARNING])
        self.assertRegex(told[1].status, r"^MAILAUDIT WARNING: warn\.example 95 A, .*"
                                         r"\(before; now unknown, 1 of 3\)$")
        self.assertIn("2 of 3", told[2].status)
        self.assertEqual(told[1].value("spf_lookups"), "U")
        self.assertEqual(os.listdir(os.path.dirname(self.file)).count(
            os.path.basename(self.file)), 1)

    def test_nothing_known_before(self):
        self.assertEqual([self.once(True).code for _ in range(2)], [UNKNOWN, UNKNOWN])
        self.assertEqual(self.once(False).code, WARNING)
        self.assertEqual(self.once(True).code, WARNING)

    def test_a_file_that_is_none_of_ours(self):
        for text in ("", "hello\n", "mailaudit-soft 2\n", "mailaudit-soft 1\ntarget x\n",
                     "mailaudit-soft 1\ntarget warn.example\nunknowns 1\nstate 7\nsummary x\n",
                     "mailaudit-soft 1\ntarget warn.example\nunknowns 1\nstate 0\n"):
            with open(self.file, "w", encoding="utf-8") as file:
                file.write(text)
            told = self.once(False)
            self.assertEqual(told.code, UNKNOWN)
            self.assertIn("not a state file", told.out)
            with open(self.file, encoding="utf-8") as file:
                self.assertEqual(file.read(), text)

    def test_another_target(self):
        self.once(False)
        told = self.once(False, "-I", "203.0.114.11")
        self.assertEqual(told.code, UNKNOWN)
        self.assertIn("another target", told.out)

    def test_a_folder_that_is_not_there(self):
        self.file = os.path.join(self.dir, "none", "state")
        told = self.once(False)
        self.assertEqual(told.code, UNKNOWN)
        self.assertIn("cannot write", told.out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
