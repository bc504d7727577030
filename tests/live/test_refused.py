#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Block lists that refuse the resolver in use: they are asked again from the root on, in a small
Internet of their own with real name servers, and what they say then counts. The public resolver
gets the list's refusal, or REFUSED, for each question, and nothing else is wrong with it.

usage: test_refused.py MAILAUDIT
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

import internet
from internet import RESOLVER, ROOT, domain, head

MAILAUDIT = sys.argv[1]
PUBLIC, REFUSED, LISTS, DEAD = "127.0.0.70", "127.0.0.71", "127.0.0.5", "127.0.0.6"
ADDRESS, CLEAN = "198.41.0.10", "198.41.0.11"
REVERSED = "10.0.41.198"
SETTLED = ("zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org", "psbl.surriel.com",
           "bl.mailspike.net")
SERVFAILS = "dnsbl.dronebl.org"
KEY, KEYED = "s3cretkeyofacustomer2345", "dq.spamhaus.net"


def refusal(query, code):
    """What a list says to a resolver that it does not serve."""
    reply = dns.message.make_response(query, recursion_available=True)
    if code is None:
        reply.set_rcode(dns.rcode.REFUSED)
    elif query.question[0].rdtype == dns.rdatatype.A:
        reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", code))
    return reply


def public(code):
    """A resolver that forwards, but for the lists, which refuse it."""
    forward = internet.forwarder(lambda _query, _reply: None)
    lists = [dns.name.from_text(name) for name in (*SETTLED, SERVFAILS, KEYED)]

    def respond(wire, tcp):
        query = dns.message.from_wire(wire)
        if any(query.question[0].name.is_subdomain(name) for name in lists):
            return refusal(query, code).to_wire()
        return forward(wire, tcp)

    return respond


def entries(name, *more):
    return [*head(name + ".", "ns.tld."), "2.0.0.127 A 127.0.0.2", *more]


def build(net):
    root = [*head(".", "root."), f"root. A {ROOT}", f"ns.tld. A {LISTS}", f"ns.dead. A {DEAD}",
            "example.com. NS ns.tld.", f"{SERVFAILS}. NS ns.dead.", f"{KEYED}. NS ns.tld."]
    root += [f"{name}. NS ns.tld." for name in SETTLED]
    net.nsd(ROOT, {".": root})
    hit = f"{REVERSED} A 127.0.0.2"
    zones = {
        "zen.spamhaus.org": entries("zen.spamhaus.org", hit, f"{REVERSED} A 127.0.0.10",
                                    f'{REVERSED} TXT "from the list itself"'),
        "bl.spamcop.net": entries("bl.spamcop.net"),
        # it refuses everybody, whichever way they come
        "b.barracudacentral.org": [*head("b.barracudacentral.org.", "ns.tld."),
                                   "* A 127.255.255.254"],
        # the whole world: asking past the resolver makes no bad list a good one
        "psbl.surriel.com": [*head("psbl.surriel.com.", "ns.tld."), "* A 127.0.0.2"],
        "bl.mailspike.net": head("bl.mailspike.net.", "ns.tld."),
        KEYED: [*head(KEYED + ".", "ns.tld."), f"2.0.0.127.{KEY}.zen A 127.0.0.2",
                f"{REVERSED}.{KEY}.zen A 127.0.0.4"],
        "example.com": domain("example.com.", ("ns.tld.", LISTS)),
    }
    net.nsd(LISTS, {name + ".": rows for name, rows in zones.items()})
    net.bad(DEAD, internet.always("servfail"))
    net.unbound(RESOLVER, "module-config: iterator")
    net.bad(PUBLIC, public("127.255.255.254"))
    net.bad(REFUSED, public(None))


def run(*args, code):
    done = subprocess.run([MAILAUDIT, *map(str, args)], capture_output=True, timeout=120,
                          check=False, encoding="utf-8")
    if done.returncode not in code or done.stderr:
        raise AssertionError((done.returncode, done.stdout, done.stderr))
    return done.stdout


class Refused(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.net = cls.enterClassContext(internet.Internet())
        build(cls.net)
        cls.hints = cls.net.hints()
        cls.lists = cls.net.write("lists.txt", [*SETTLED, SERVFAILS])
        # nothing here is signed: not even the root
        cls.anchor = cls.net.write("anchor", ["elsewhere.test. DS 1 13 2 " + 64 * "a"])

    def common(self, *resolver, hints=None, lists=None):
        return ["--allow-private", "--root-hints", hints or self.hints, "--trust-anchor",
                self.anchor, "--lists", lists or self.lists, *resolver]

    def audit(self, resolver, address, *more):
        text = run("--check", "dnsbl", "--dnsbl-scope", "senders", "--format", "json",
                   *self.common(*resolver), *more, "example.com", address, code=(0, 1, 3))
        report = json.loads(text)
        rows = {row["zone"]: row for row in report["checks"]["dnsbl"]["lists"]}
        return report, rows

    def check_hit(self, resolver, recursive):
        report, rows = self.audit(resolver, ADDRESS)
        zen = rows["zen.spamhaus.org"]
        self.assertEqual((zen["state"], zen["recursive"]), ("listed", recursive), zen)
        self.assertEqual(sorted(zen["codes"]), ["127.0.0.10", "127.0.0.2"])
        self.assertEqual(zen["reason"], "from the list itself")
        found = {f["rule"]: f for f in report["findings"]}
        self.assertEqual(found["dnsbl.listed-critical"]["severity"], "critical")
        self.assertEqual(report["verdict"], "critical")
        clean = rows["bl.spamcop.net"]
        self.assertEqual((clean["state"], clean["recursive"]), ("clean", recursive), clean)
        return rows, found

    def test_what_the_list_says_to_us_counts(self):
        for resolver, why in ((PUBLIC, "public or shared resolvers"), (REFUSED, "REFUSED")):
            with self.subTest(resolver=resolver):
                rows, found = self.check_hit(["--nameserver", resolver], True)
                said = found["dnsbl.resolver-refused"]
                self.assertEqual(said["severity"], "info")
                self.assertIn("zen.spamhaus.org", [said["subject"], *said["also"]])
                self.assertIn(why, said["evidence"])
                self.check_others(rows)

    def check_others(self, rows):
        """What says no more to us than to the resolver stays unknown, for both reasons."""
        for name, again in (("b.barracudacentral.org", "public or shared resolvers"),
                            (SERVFAILS, "SERVFAIL")):
            row = rows[name]
            self.assertEqual(row["state"], "unknown", row)
            first, second = row["reason"].split("; asked again by full recursion: ")
            self.assertTrue("public or shared" in first or "REFUSED" in first, first)
            self.assertIn(again, second)
        self.assertIn("the whole world", rows["psbl.surriel.com"]["reason"])
        self.assertIn("is not listed", rows["bl.mailspike.net"]["reason"])

    def test_clean_is_clean(self):
        report, rows = self.audit(["--nameserver", PUBLIC], CLEAN)
        for name in ("zen.spamhaus.org", "bl.spamcop.net"):
            self.assertEqual((rows[name]["state"], rows[name]["recursive"]), ("clean", True))
        passed = [f for f in report["findings"] if f["rule"] == "dnsbl.clean"]
        self.assertEqual([f["evidence"] for f in passed], [f"{CLEAN}: 2 lists"])

    def test_a_resolver_of_ones_own_is_asked_once(self):
        _, found = self.check_hit(["--nameserver", RESOLVER], False)
        self.assertNotIn("dnsbl.resolver-refused", found)

    def test_no_resolver_at_all(self):
        _, found = self.check_hit(["--resolver", "recursive"], False)
        self.assertNotIn("dnsbl.resolver-refused", found)

    def test_no_way_past_the_resolver(self):
        """No root, no answer: unknown, never clean."""
        nowhere = self.net.write("nowhere.hints", [". 60 NS root.", "root. 60 A 127.0.0.99"])
        text = run("--check", "dnsbl", "--dnsbl-scope", "senders", "--format", "json",
                   *self.common("--nameserver", PUBLIC, hints=nowhere), "example.com", CLEAN,
                   code=(3,))
        states = {row["state"] for row in json.loads(text)["checks"]["dnsbl"]["lists"]}
        self.assertEqual(states, {"unknown"})

    def test_the_report_says_so(self):
        text = run("--check", "dnsbl", *self.common("--nameserver", PUBLIC), "example.com",
                   ADDRESS, code=(1,))
        self.assertIn("INFO: a block list refuses the resolver and was asked past it", text)

    def test_state_of_the_lists(self):
        text = run("lists", *self.common("--nameserver", PUBLIC), code=(1,))
        states = dict(line.split()[:2] for line in text.splitlines())
        self.assertEqual(states, {
            "zen.spamhaus.org": "alive", "bl.spamcop.net": "alive", "psbl.surriel.com": "dead",
            "b.barracudacentral.org": "refused", "bl.mailspike.net": "dead",
            SERVFAILS: "refused"})
        self.assertRegex(text, r"(?m)^zen\.spamhaus\.org .*asked by full recursion")

    def test_with_a_key(self):
        """The key goes to the list by this way, too, and nowhere else."""
        keys = self.net.write("keys", [f"spamhaus {KEY}"])
        keys.chmod(0o600)
        lists = self.net.write("keyed.txt", ["{key}.zen.dq.spamhaus.net"])
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record"
            text = run("--check", "dnsbl", "--dnsbl-scope", "senders", "--format", "json",
                       *self.common("--nameserver", PUBLIC, lists=lists), "--dnsbl-keys", keys,
                       "--record", record, "example.com", ADDRESS, code=(1,))
            recorded = [file.read_text(encoding="utf-8") for file in record.iterdir()]
        row = json.loads(text)["checks"]["dnsbl"]["lists"][0]
        self.assertEqual((row["zone"], row["state"], row["recursive"]),
                         ("{key}.zen.dq.spamhaus.net", "listed", True))
        for seen in (text, *recorded):
            self.assertNotIn(KEY, seen.lower())

    def test_the_replay_is_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record"
            report, _ = self.audit(["--nameserver", PUBLIC], ADDRESS, "--record", record)
            text = run("--replay", record, "--lists", self.lists, "--format", "json", code=(1,))
            self.assertEqual(json.loads(text), report)


if __name__ == "__main__":
    internet.enter()
    del sys.argv[1]
    unittest.main(verbosity=2)
