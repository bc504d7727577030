#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reverse zones in a small Internet of its own, as a user would see them: one that is well, one
without the name, classless delegations, servers that are lame or silent. No failure is taken for an
absence, and who is to be asked is named.

usage: test_reverse.py MAILAUDIT
"""
import json
import subprocess
import sys
import unittest

import internet
from internet import RESOLVER, ROOT, delegation, domain, head

MAILAUDIT = sys.argv[1]
GOOD, CUSTOMER = "127.0.0.2", "127.0.0.3"
SILENT, REFUSING, UPWARDS = "127.0.0.5", "127.0.0.7", "127.0.0.8"

# reverse zone: its name servers, each with its address
ZONES = {
    "114.0.203.in-addr.arpa.": [("ns.good.com.", None)],
    "115.0.203.in-addr.arpa.": [("ns1", REFUSING), ("ns2", UPWARDS)],
    "116.0.203.in-addr.arpa.": [("ns1", GOOD), ("ns2", UPWARDS)],
    "117.0.203.in-addr.arpa.": [("ns1", SILENT), ("ns2", REFUSING)],
    "8.b.d.0.1.0.a.2.ip6.arpa.": [("ns.good.com.", None)],
}
OWN = "8/29.114.0.203.in-addr.arpa."
LAME = "12/30.114.0.203.in-addr.arpa."


def reverse(origin, *rows):
    return head(origin, *(name for name, _ in ZONES[origin])) + [
        f"{name} A {address}" for name, address in ZONES[origin] if address] + list(rows)


def build(net):
    com = head("com.", "ns.tld.") + delegation("good.com.", ("ns", GOOD))
    arpa = head("arpa.", "ns.tld.")
    for origin, servers in ZONES.items():
        arpa += delegation(origin, *servers)
    root = head(".", "root.") + [f"root. A {ROOT}", "com. NS ns.tld.", "arpa. NS ns.tld.",
                                 f"ns.tld. A {ROOT}"]
    net.nsd(ROOT, {".": root, "com.": com, "arpa.": arpa})
    good = domain("good.com.", ("ns", GOOD), more=[
        "mail AAAA 2a01:db8::10", "static A 203.0.114.9", "c-203-0-114-11 A 203.0.114.11"])
    net.nsd(GOOD, {
        "good.com.": good,
        "114.0.203.in-addr.arpa.": reverse(
            "114.0.203.in-addr.arpa.", "10 PTR mail.good.com.", "11 PTR c-203-0-114-11.good.com.",
            "9 CNAME 9.8/29", f"8/29 NS ns.{OWN}", f"ns.{OWN} A {CUSTOMER}",
            "13 CNAME 13.12/30", f"12/30 NS ns.{LAME}", f"ns.{LAME} A {REFUSING}"),
        "116.0.203.in-addr.arpa.": reverse("116.0.203.in-addr.arpa."),
        "8.b.d.0.1.0.a.2.ip6.arpa.": reverse("8.b.d.0.1.0.a.2.ip6.arpa.")})
    own = head(OWN, "ns") + [f"ns A {CUSTOMER}", "9 PTR static.good.com."]
    net.nsd(CUSTOMER, {OWN: net.write("own.zone", own)})  # a name with a slash is no file's
    net.bad(SILENT, internet.always("silent"))
    net.bad(REFUSING, internet.always("refused"))
    net.bad(UPWARDS, internet.upwards)
    net.unbound(RESOLVER, "module-config: iterator")


class Report:
    def __init__(self, *args):
        done = subprocess.run(
            [MAILAUDIT, "--now", "1790000000", "--format", "json", "--check", "ptr",
             "--allow-private", "--nameserver", RESOLVER, "good.com", *args],
            capture_output=True, timeout=120, check=False)
        if done.returncode not in (0, 1, 3) or done.stderr:
            raise AssertionError((done.returncode, done.stderr))
        report = json.loads(done.stdout)
        self.row = report["checks"]["ptr"]["addresses"][0]
        self.findings = [f for f in report["findings"] if f["check"] == "ptr"]
        self.questions = report["score"]["questions"]

    def only(self):
        if len(self.findings) != 1:
            raise AssertionError([f["rule"] for f in self.findings])
        return self.findings[0]


class Reverse(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        build(cls.enterClassContext(internet.Internet()))

    def test_a_good_one_costs_no_further_question(self):
        report = Report("203.0.114.10")
        self.assertEqual(report.only()["rule"], "ptr.ok")
        self.assertIsNone(report.row["zone"])
        self.assertEqual(report.questions, 4)  # PTR, A; MX and TXT for the role

    def test_none_and_who_keeps_the_zone(self):
        report = Report("203.0.114.99")
        self.assertEqual(report.only()["rule"], "ptr.none")
        self.assertEqual(report.row["zone"], "114.0.203.in-addr.arpa")
        self.assertEqual(report.row["contact"], "hostmaster@114.0.203.in-addr.arpa")
        self.assertIn("name servers ns.good.com", report.only()["fix"])

    def test_none_of_ipv6(self):
        report = Report("2a01:db8::10")
        self.assertEqual(report.only()["rule"], "ptr.none")
        self.assertEqual(report.row["zone"], "8.b.d.0.1.0.a.2.ip6.arpa")

    def test_no_reverse_zone_at_all(self):
        finding = Report("203.0.200.1").only()
        self.assertEqual(finding["rule"], "ptr.none")
        self.assertIn("ask the provider of the address to set", finding["fix"])

    def test_the_part_that_decided(self):
        report = Report("203.0.114.11")
        self.assertEqual(report.only()["rule"], "ptr.generic-static")
        place = report.only()["place"]
        self.assertEqual(place["record"], "c-203-0-114-11.good.com")
        self.assertEqual((place["offset"], place["length"]), (2, 12))
        self.assertEqual(report.row["part"], "203-0-114-11")

    def test_classless_delegation(self):
        report = Report("203.0.114.9")
        self.assertEqual(report.only()["rule"], "ptr.ok")
        self.assertEqual(report.row["names"], ["static.good.com"])

    def test_classless_delegation_to_a_lame_server(self):
        finding = Report("203.0.114.13").only()
        self.assertEqual((finding["rule"], finding["severity"]), ("ptr.zone-lame", "error"))
        self.assertIn(LAME.rstrip("."), finding["evidence"])

    def test_all_servers_lame(self):
        report = Report("203.0.115.10")
        finding = report.only()
        self.assertEqual((finding["rule"], finding["severity"]), ("ptr.zone-lame", "error"))
        self.assertIn("115.0.203.in-addr.arpa", finding["fix"])
        for words in ("ns1.115.0.203.in-addr.arpa (127.0.0.7)", "REFUSED", "(127.0.0.8)"):
            self.assertIn(words, finding["evidence"])
        self.assertEqual(report.row["kind"], "unknown")
        self.assertIsNone(report.row["confirmed"])

    def test_silent_and_refusing(self):
        self.assertEqual(Report("203.0.117.10").only()["rule"], "ptr.zone-lame")

    def test_one_good_server_is_enough_for_an_answer(self):
        self.assertEqual(Report("203.0.116.10").only()["rule"], "ptr.none")


if __name__ == "__main__":
    internet.enter()
    unittest.main(argv=sys.argv[:1])
