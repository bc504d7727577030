#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whose fault is a missing answer? Each in a small Internet of its own, as a user would see it: our
resolver is dead, or makes answers up; name servers of the domain are silent, lame, refuse or
disagree. None is taken for another, and what cannot be told is UNKNOWN.

usage: test_fault.py MAILAUDIT
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import internet
from internet import RESOLVER, ROOT, delegation, domain, head

MAILAUDIT = sys.argv[1]
PARALLEL = 6  # audits that mostly wait
DEAD_RESOLVER, REWRITING, CAPTIVE = "127.0.0.60", "127.0.0.61", "127.0.0.62"
GOOD, OTHER, OLD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
SILENT, SILENT_TOO, REFUSING, UPWARDS = "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"
NOBODY, FAILING, CACHING = "127.0.0.9", "127.0.0.10", "127.0.0.11"

# domain: its name servers, each with its address
DOMAINS = {
    "good.com.": [("ns1", GOOD), ("ns2", OTHER)],
    "wild.com.": [("ns1", GOOD), ("ns2", OTHER)],
    "dead.com.": [("ns1", SILENT), ("ns2", SILENT_TOO)],
    "half.com.": [("ns1", GOOD), ("ns2", SILENT)],
    "lame.com.": [("ns1", GOOD), ("ns2", UPWARDS), ("ns3", FAILING), ("ns4", CACHING)],
    "refused.com.": [("ns1", GOOD), ("ns2", REFUSING)],
    "closed.com.": [("ns1", GOOD), ("ns2", NOBODY)],
    "old.com.": [("ns1", GOOD), ("ns2", OLD)],
    "nozone.com.": [("ns1", REFUSING), ("ns2", UPWARDS), ("ns3", SILENT)],
    "private.com.": [("ns1", GOOD), ("ns2", OTHER)],
    "addressless.com.": [("ns1", GOOD), ("gone.good.com.", None)],
}
LOADED = ("good.com.", "wild.com.", "half.com.", "lame.com.", "refused.com.", "closed.com.",
          "old.com.", "private.com.", "addressless.com.")
WILDCARD = ["* A 203.0.114.10"]
# a zone below another, and a silent one below a good one
BELOW = [("ns1", GOOD)]
DEAD_BELOW = [("ns1", SILENT)]


def zone(origin, serial=1):
    more = WILDCARD if origin == "wild.com." else []
    if origin == "good.com.":
        more = delegation("below.good.com.", *BELOW) + delegation("dead.good.com.", *DEAD_BELOW)
        more += ['host TXT "v=spf1 -all"']
    return domain(origin, *DOMAINS[origin], serial=serial, more=more)


def build(net):
    com = head("com.", "ns.tld.")
    for origin, servers in DOMAINS.items():
        com += delegation(origin, *servers)
    root = head(".", "root.") + [f"root. A {ROOT}", "com. NS ns.tld.", f"ns.tld. A {ROOT}"]
    net.nsd(ROOT, {".": root, "com.": com})
    loaded = {origin: zone(origin) for origin in LOADED}
    below = {"below.good.com.": domain("below.good.com.", *BELOW)}
    net.nsd(GOOD, {**loaded, **below})
    net.nsd(OTHER, loaded)
    net.nsd(OLD, {"old.com.": zone("old.com.", serial=0)})
    for host in (SILENT, SILENT_TOO, DEAD_RESOLVER):
        net.bad(host, internet.always("silent"))
    net.bad(REFUSING, internet.always("refused"))
    net.bad(FAILING, internet.always("servfail"))
    net.bad(UPWARDS, internet.upwards)
    net.unbound(RESOLVER, "module-config: iterator")
    net.bad(CACHING, internet.forwarder(internet.recursion, GOOD_RESOLVER))
    net.unbound(GOOD_RESOLVER, "module-config: iterator")
    net.bad(REWRITING, internet.forwarder(internet.made_up))
    net.bad(CAPTIVE, internet.captive)


GOOD_RESOLVER = "127.0.0.54"  # another, so that a lame server does not ask itself


def run(*args):
    done = subprocess.run([MAILAUDIT, "--now", "1790000000", *args], capture_output=True,
                          timeout=120, check=False)
    if done.returncode not in (0, 1, 3) or done.stderr:
        raise AssertionError((done.returncode, done.stderr))
    return done.returncode, done.stdout


class Report:
    def __init__(self, *args):
        self.code, text = run("--format", "json", *args)
        self.json = json.loads(text)
        self.dns = self.json["checks"]["dns"]
        self.findings = self.json["findings"]

    def rules(self, least=("unknown", "notice", "warning", "error", "critical")):
        return {f["rule"] for f in self.findings if f["check"] == "dns" and f["severity"] in least}

    def get(self, rule):
        found = [f for f in self.findings if f["rule"] == rule]
        if len(found) != 1:
            raise AssertionError((rule, len(found), [f["rule"] for f in self.findings]))
        return found[0]

    def states(self):
        return {row["address"]: row["state"] for row in self.dns["servers"]}


def subjects(finding):
    return [finding["subject"], *finding["also"]]


class Fault(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(internet.Internet())
        build(cls.net)
        cls.hints = str(cls.net.hints())
        # nothing here is signed: not even the root
        cls.anchor = str(cls.net.write("anchor", ["elsewhere.test. DS 1 13 2 " + 64 * "a"]))
        cls.pool = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(PARALLEL))
        # those that have to wait do it together
        cls.waiting = {}
        for name, args in WAITING.items():
            cls.waiting[name] = cls.pool.submit(Report, *cls.arguments(*args))
        cls.text = cls.pool.submit(run, *cls.arguments(*WAITING["dead resolver"]))

    @classmethod
    def arguments(cls, name, *args):
        named = "--nameserver" in args or "recursive" in args
        resolver = [] if named else ["--nameserver", RESOLVER]
        hints = []
        if "recursive" in args:
            hints = ["--root-hints", cls.hints, "--trust-anchor", cls.anchor]
        return ["--check", "dns,mx,spf,dmarc", "--allow-private", *resolver, *hints, *args, name]

    def audit(self, name, *args):
        return Report(*self.arguments(name, *args))

    # ---- the domain's name servers

    def test_good(self):
        report = self.audit("good.com")
        self.assertEqual(report.rules(), set())
        self.assertEqual(report.code, 0)
        self.assertEqual(report.dns["servers"], [])
        self.assertEqual(report.dns["resolver"], {"alive": True, "canary": None, "rewrites": False,
                                                  "strips_dnssec": None})
        self.assertEqual(report.get("dns.answers")["severity"], "pass")

    def test_good_servers_are_asked_on_request(self):
        report = self.audit("good.com", "--name-servers")
        self.assertEqual(report.rules(), set())
        self.assertEqual(report.states(), {GOOD: "good", OTHER: "good"})
        self.assertEqual({row["serial"] for row in report.dns["servers"]}, {1})
        self.assertEqual(report.dns["zone"], "good.com")
        self.assertEqual(report.get("dns.servers-answer")["severity"], "pass")

    def test_all_silent(self):
        for name in ("dead", "dead, by recursion"):
            with self.subTest(how=name):
                report = self.waiting[name].result()
                finding = report.get("dns.all-servers-silent")
                self.assertEqual(finding["severity"], "critical")
                self.assertEqual(finding["subject"], "dead.com")
                self.assertIn(SILENT, finding["evidence"])
                self.assertIn(SILENT_TOO, finding["evidence"])
                self.assertEqual(report.code, 1)
                self.assertEqual(report.states(), {SILENT: "silent", SILENT_TOO: "silent"})
                self.assertNotIn("dns.lookup-failed", report.rules())
                self.assertNotIn("dns.resolver-dead", report.rules())
                unknown = [f for f in report.findings if f["severity"] == "unknown"]
                self.assertTrue(unknown)
                self.assertEqual({f["cause"] for f in unknown}, {"dns.all-servers-silent"})

    def test_one_silent(self):
        report = self.waiting["half"].result()
        self.assertEqual(report.rules(), {"dns.server-silent"})
        finding = report.get("dns.server-silent")
        self.assertEqual(finding["severity"], "warning")
        self.assertEqual(subjects(finding), [f"ns2.half.com ({SILENT})"])
        self.assertEqual(report.states(), {GOOD: "good", SILENT: "silent"})

    def test_nobody_listens(self):
        report = self.waiting["closed"].result()
        self.assertEqual(report.rules(), {"dns.server-silent"})
        self.assertIn("cannot be reached", report.get("dns.server-silent")["evidence"])

    def test_lame(self):
        report = self.waiting["lame"].result()
        self.assertEqual(report.rules(), {"dns.server-lame"})
        finding = report.get("dns.server-lame")
        lame = [("ns2", UPWARDS), ("ns3", FAILING), ("ns4", CACHING)]
        self.assertEqual(subjects(finding), [f"{name}.lame.com ({where})" for name, where in lame])
        for words in ("a referral", "SERVFAIL", "without authority"):
            self.assertIn(words, finding["evidence"])

    def test_refusing(self):
        report = self.waiting["refused"].result()
        self.assertEqual(report.rules(), {"dns.server-refuses"})
        self.assertEqual(report.states(), {GOOD: "good", REFUSING: "refusing"})

    def test_serials(self):
        report = self.waiting["old"].result()
        self.assertEqual(report.rules(), {"dns.serial-differs"})
        self.assertEqual({row["address"]: row["serial"] for row in report.dns["servers"]},
                         {GOOD: 1, OLD: 0})

    def test_none_has_the_zone(self):
        report = self.waiting["nozone"].result()
        self.assertEqual(report.get("dns.all-servers-lame")["severity"], "critical")
        self.assertEqual(report.states(), {REFUSING: "refusing", UPWARDS: "lame", SILENT: "silent"})
        self.assertEqual({f["rule"] for f in report.findings if f["points"] > 0},
                         {"dns.all-servers-lame"})

    def test_without_address(self):
        report = self.waiting["addressless"].result()
        self.assertEqual(report.rules(), {"dns.server-without-address"})
        self.assertEqual(subjects(report.get("dns.server-without-address")), ["gone.good.com"])

    def test_private_addresses_are_not_asked(self):
        code, text = run("--format", "json", "--check", "dns", "--nameserver", RESOLVER,
                         "--name-servers", "private.com")
        report = json.loads(text)
        unknown = [f for f in report["findings"] if f["severity"] == "unknown"]
        self.assertEqual([(f["rule"], f["failure"]) for f in unknown],
                         [("dns.servers-unknown", "forbidden")])
        self.assertEqual(code, 0)

    # ---- zones within zones

    def test_zone_below(self):
        report = self.audit("below.good.com", "--name-servers")
        self.assertEqual(report.rules(), set())
        self.assertEqual((report.dns["zone"], report.states()), ("below.good.com", {GOOD: "good"}))

    def test_host_of_a_zone(self):
        report = self.audit("host.good.com", "--name-servers")
        self.assertEqual(report.rules(), set())
        self.assertEqual(report.dns["zone"], "good.com")
        self.assertEqual(report.states(), {GOOD: "good", OTHER: "good"})

    def test_dead_zone_below(self):
        report = self.waiting["dead below"].result()
        self.assertEqual(report.get("dns.all-servers-silent")["subject"], "dead.good.com")

    def test_host_of_a_dead_zone(self):
        report = self.waiting["host of the dead"].result()
        self.assertEqual(report.get("dns.all-servers-silent")["subject"], "dead.com")

    # ---- our resolver

    def test_dead_resolver(self):
        report = self.waiting["dead resolver"].result()
        finding = report.get("dns.resolver-dead")
        self.assertEqual((finding["severity"], finding["could_be"]), ("unknown", "critical"))
        self.assertEqual(report.code, 3)
        self.assertEqual(report.rules(), {"dns.resolver-dead"})
        others = [f for f in report.findings if f["severity"] == "unknown" and f is not finding]
        self.assertTrue(others)
        self.assertEqual({f["cause"] for f in others}, {"dns.resolver-dead"})
        self.assertEqual(report.dns["resolver"]["alive"], False)
        self.assertEqual([f["rule"] for f in report.findings if f["points"] > 0], [])

    def test_dead_resolver_in_text(self):
        text = self.text.result()[1].decode()
        self.assertEqual(text.count("our own resolver does not work"), 1)
        self.assertEqual(text.count("\nUNKNOWN:"), 1)
        listed = r"UNKNOWN because of dns\.resolver-dead\n(  .*\n)*  mx\.unknown: good"
        self.assertRegex(text, listed)

    def test_dead_resolver_in_little_time(self):
        report = self.waiting["dead resolver, little time"].result()
        self.assertEqual(report.rules(), {"dns.resolver-dead"})
        self.assertNotIn("audit.time-limit", {f["rule"] for f in report.findings})

    def test_another_canary(self):
        report = self.waiting["canary"].result()
        self.assertIn("half.com NS", report.get("dns.resolver-dead")["evidence"])
        self.assertEqual(report.dns["resolver"]["canary"], "half.com")

    def test_rewriting_resolver(self):
        report = self.audit("good.com", "--nameserver", REWRITING)
        self.assertEqual(report.rules(), {"dns.resolver-rewrites"})
        self.assertIn("203.0.114.200", report.get("dns.resolver-rewrites")["evidence"])
        self.assertEqual(report.dns["resolver"]["rewrites"], True)
        self.assertIsNone(report.dns["wildcard"])
        self.assertEqual(report.code, 3)

    def test_captive_resolver(self):
        report = self.audit("good.com", "--nameserver", CAPTIVE)
        self.assertEqual(report.rules(), {"dns.resolver-rewrites"})

    def test_wildcard_is_no_rewriting(self):
        for args in ([], ["--name-servers"]):
            with self.subTest(args=args):
                report = self.audit("wild.com", *args)
                self.assertEqual(report.rules(), set())
                self.assertEqual(report.get("dns.wildcard")["severity"], "info")
                self.assertEqual((report.dns["wildcard"], report.dns["resolver"]["rewrites"]),
                                 (True, False))

    def test_wildcard_behind_a_rewriting_resolver(self):
        report = self.audit("wild.com", "--nameserver", REWRITING, "--name-servers")
        self.assertEqual(report.rules(), {"dns.resolver-rewrites"})

    # ---- recordings

    def test_replays(self):
        cases = [("nozone.com", []), ("good.com", ["--name-servers"]),
                 ("good.com", ["--nameserver", REWRITING]), ("wild.com", [])]
        for name, args in cases:
            with self.subTest(name=name, args=args), tempfile.TemporaryDirectory() as folder:
                path = str(pathlib.Path(folder) / "recording")
                options = ["--name-servers"] if "--name-servers" in args else []
                live = run(*self.arguments(name, *args), "--record", path)
                again = run("--check", "dns,mx,spf,dmarc", *options, "--replay", path, name)
                self.assertEqual(live, again)


WAITING = {
    "dead": ("dead.com",),
    "dead, by recursion": ("dead.com", "--resolver", "recursive"),
    "half": ("half.com", "--name-servers"),
    "closed": ("closed.com", "--name-servers"),
    "lame": ("lame.com", "--name-servers"),
    "refused": ("refused.com", "--name-servers"),
    "old": ("old.com", "--name-servers"),
    "nozone": ("nozone.com",),
    "addressless": ("addressless.com", "--name-servers"),
    "dead below": ("dead.good.com",),
    "host of the dead": ("host.dead.com",),
    "dead resolver": ("good.com", "--nameserver", DEAD_RESOLVER),
    "dead resolver, little time": ("good.com", "--nameserver", DEAD_RESOLVER, "-t", "5"),
    "canary": ("good.com", "--nameserver", DEAD_RESOLVER, "--canary", "half.com"),
}


if __name__ == "__main__":
    internet.enter()
    if len(sys.argv) > 2:  # a command of yours inside this Internet
        with internet.Internet() as inside:
            build(inside)
            inside.hints().rename("/tmp/root.hints")
            sys.exit(subprocess.run(sys.argv[2:], check=False).returncode)
    unittest.main(argv=sys.argv[:1], verbosity=2)
