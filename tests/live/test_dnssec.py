#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""DNSSEC in a small Internet whose root is signed: secure, insecure, bogus with the reason,
expired, and a resolver of ours that takes the signatures away; each told apart, and what cannot be
told is UNKNOWN.

usage: test_dnssec.py MAILAUDIT
"""
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import internet
from internet import RESOLVER, ROOT, delegation, domain, head
from test_fault import Report, run

SERVER, STRIPPING, VALIDATING = "127.0.0.2", "127.0.0.60", "127.0.0.61"
SERVERS = [("ns1", SERVER)]
DAY = datetime.timedelta(days=1)


class Signer:
    """Keys and signatures by ldns: one key a zone, ECDSA P-256."""

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.ds, self.keys = {}, {}

    def tool(self, *args):
        done = subprocess.run(args, cwd=self.dir, capture_output=True, encoding="utf-8",
                              check=False)
        if done.returncode != 0:
            raise AssertionError((args, done.stderr))
        return done.stdout.strip()

    def key(self, origin):
        base = self.tool("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", origin)
        self.keys[origin] = (self.dir / f"{base}.key").read_text(encoding="utf-8")
        self.ds[origin] = (self.dir / f"{base}.ds").read_text(encoding="utf-8").strip()
        return base

    def sign(self, origin, rows, since=-1, until=30):
        """The path of the zone, signed from so many days from now to so many."""
        path = self.dir / f"{origin}zone"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = ((now + days * DAY).strftime("%Y%m%d%H%M%S") for days in (since, until))
        self.tool("ldns-signzone", "-i", start, "-e", end, path.name, self.key(origin))
        signed = path.with_suffix(".signed")
        text = (self.dir / f"{path.name}.signed").read_text(encoding="utf-8")
        signed.write_text(f"$ORIGIN {origin}\n{text}", encoding="utf-8")
        return signed


def edited(path, change):
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def without_signatures(text):
    return "\n".join(line for line in text.splitlines() if "\tRRSIG\t" not in line) + "\n"


def build(net):
    signer = Signer(net.dir)
    zones = {
        "secure.com.": signer.sign("secure.com.", domain("secure.com.", *SERVERS)),
        "insecure.com.": domain("insecure.com.", *SERVERS),
        "expired.com.": signer.sign("expired.com.", domain("expired.com.", *SERVERS), -60, -30),
        "future.com.": signer.sign("future.com.", domain("future.com.", *SERVERS), 30, 60),
        "altered.com.": edited(signer.sign("altered.com.", domain("altered.com.", *SERVERS)),
                               lambda text: text.replace("10 mail.", "20 mail.")),
        "bare.com.": edited(signer.sign("bare.com.", domain("bare.com.", *SERVERS)),
                            without_signatures),
        "rolled.com.": signer.sign("rolled.com.", domain("rolled.com.", *SERVERS)),
    }
    signer.key("rolled.com.")  # the DS record above is of a key that the zone does not have
    com = head("com.", "ns.tld.")
    for origin in zones:
        com += delegation(origin, *SERVERS) + list(filter(None, [signer.ds.get(origin)]))
    com = signer.sign("com.", com)
    root = head(".", "root.") + [f"root. A {ROOT}", "com. NS ns.tld.", f"ns.tld. A {ROOT}",
                                 signer.ds["com."]]
    net.nsd(ROOT, {".": signer.sign(".", root), "com.": com})
    net.nsd(SERVER, zones)
    net.unbound(RESOLVER, "module-config: iterator")
    anchor = net.write("root.key", [signer.keys["."]])
    net.unbound(VALIDATING, 'module-config: "validator iterator"', f'trust-anchor-file: "{anchor}"')
    net.bad(STRIPPING, internet.forwarder(internet.without_signatures))
    net.keys = {origin: net.write(f"{origin}key", [key]) for origin, key in signer.keys.items()}
    return anchor


class Dnssec(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(internet.Internet())
        cls.anchor = str(build(cls.net))
        cls.hints = str(cls.net.hints())
        dead = [". 60 NS root.", "root. 60 A 127.0.0.99"]
        cls.nowhere = str(cls.net.write("nowhere.hints", dead))

    def arguments(self, name, *args, anchor=None, hints=None):
        named = "--nameserver" in args or "recursive" in args
        resolver = [] if named else ["--nameserver", RESOLVER]
        anchors = ["--trust-anchor", str(anchor or self.anchor)]
        return ["--check", "dns,mx", "--allow-private", *anchors, "--root-hints",
                hints or self.hints, *resolver, *args, name]

    def audit(self, name, *args, **more):
        return Report(*self.arguments(name, "--dnssec", *args, **more))

    def test_secure(self):
        for args in ([], ["--nameserver", VALIDATING], ["--resolver", "recursive"]):
            with self.subTest(args=args):
                report = self.audit("secure.com", *args)
                self.assertEqual(report.rules(), set())
                self.assertEqual(report.get("dns.secure")["severity"], "pass")
                self.assertEqual(report.dns["dnssec"], "secure")
                self.assertEqual(report.code, 0)

    def test_insecure(self):
        report = self.audit("insecure.com")
        self.assertEqual(report.rules(), set())
        self.assertEqual(report.get("dns.insecure")["severity"], "info")
        self.assertEqual(report.dns["dnssec"], "insecure")

    def check_bogus(self, name, rule, words):
        for args in ([], ["--resolver", "recursive"]):
            with self.subTest(name=name, args=args):
                report = self.audit(name, *args)
                finding = report.get(rule)
                self.assertEqual(finding["severity"], "error")
                self.assertIn(words, finding["evidence"])
                self.assertEqual(report.rules(), {rule})
                self.assertEqual(report.dns["dnssec"], "bogus")
                self.assertEqual(report.code, 1)

    def test_expired(self):
        self.check_bogus("expired.com", "dns.signatures-expired", "signature expired")

    def test_not_yet_valid(self):
        self.check_bogus("future.com", "dns.bogus", "before inception")

    def test_altered(self):
        self.check_bogus("altered.com", "dns.bogus", "verification failed")

    def test_signatures_lost_by_the_zone(self):
        self.check_bogus("bare.com", "dns.bogus", "no signatures")

    def test_ds_of_another_key(self):
        self.check_bogus("rolled.com", "dns.bogus", "DS")

    def test_bogus_behind_a_validating_resolver(self):
        """SERVFAIL is all that it says: why is found out without being asked."""
        for name, rule in (("expired.com", "dns.signatures-expired"), ("rolled.com", "dns.bogus")):
            with self.subTest(name=name):
                report = Report(*self.arguments(name, "--nameserver", VALIDATING))
                self.assertEqual(report.rules(), {rule})
                unknown = [f for f in report.findings if f["severity"] == "unknown"]
                self.assertEqual({f["cause"] for f in unknown}, {rule})
                self.assertEqual(set(report.states().values()), {"good"})

    def test_resolver_that_strips(self):
        for name in ("secure.com", "expired.com"):
            with self.subTest(name=name):
                report = self.audit(name, "--nameserver", STRIPPING)
                self.assertEqual(report.dns["resolver"]["strips_dnssec"], True)
                rules = {"dns.resolver-strips-dnssec"}
                if name == "expired.com":  # the zone's own fault, told by recursion
                    rules.add("dns.signatures-expired")
                self.assertEqual(report.rules(), rules)
                self.assertEqual(report.code, 1 if name == "expired.com" else 3)

    def test_resolver_that_strips_and_no_way_past_it(self):
        report = self.audit("secure.com", "--nameserver", STRIPPING, hints=self.nowhere)
        self.assertEqual(report.rules(), {"dns.resolver-strips-dnssec"})

    def test_own_anchor(self):
        """The zone's own key is enough, wherever the root is."""
        for name, rule in (("secure.com", "dns.secure"), ("altered.com", "dns.bogus")):
            with self.subTest(name=name):
                report = self.audit(name, anchor=self.net.keys[name + "."], hints=self.nowhere)
                report.get(rule)

    def test_own_anchor_and_no_signatures(self):
        """Was it the resolver or the zone? Nobody is there to tell."""
        report = self.audit("bare.com", anchor=self.net.keys["bare.com."], hints=self.nowhere)
        self.assertEqual(report.rules(), {"dns.validation-failed"})
        self.assertEqual(report.dns["dnssec"], "unknown")

    def test_replays(self):
        for name in ("secure.com", "insecure.com", "expired.com", "bare.com"):
            with self.subTest(name=name), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "recording")
                live = run(*self.arguments(name, "--dnssec"), "--record", path)
                again = run("--check", "dns,mx", "--dnssec", "--replay", path, name)
                self.assertEqual(live, again)


if __name__ == "__main__":
    if not shutil.which("ldns-signzone"):
        print("skipped: ldns-signzone is not installed")
        sys.exit(internet.SKIPPED)
    internet.enter()
    unittest.main(argv=sys.argv[:1], verbosity=2)
