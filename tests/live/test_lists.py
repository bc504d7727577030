#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Block lists as they behave in the wild, served by nsd and by the misbehaving server: no false
alarm, no false all-clear; and lists for customers, whose key must not be seen anywhere.

usage: test_lists.py MAILAUDIT
"""
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

import badserver
import nsd

MAILAUDIT = sys.argv.pop(1) if len(sys.argv) > 1 else "mailaudit"
ADDRESS, REVERSED = "198.41.0.10", "10.0.41.198"
TESTS = ["2.0.0.127 A 127.0.0.2"]
KEY = "s3cretkeyofacustomer2345"
SOA = "@ SOA ns.example. hostmaster.example. 1 7200 3600 1209600 60\n@ NS ns.example.\n"

# what is in the list's zone; the state it must have, and what its reason says
LISTS = {
    "clean": (TESTS, "clean", None),
    "listed": ([*TESTS, f"{REVERSED} A 127.0.0.2", f'{REVERSED} TXT "sent spam"'], "listed",
               "sent spam"),
    "without-text": ([*TESTS, f"{REVERSED} A 127.0.0.2"], "listed", None),
    "odd-code": ([*TESTS, f"{REVERSED} A 127.0.0.1"], "unknown", "does not document"),
    "public": (["* A 127.255.255.254"], "unknown", "public or shared resolvers"),
    "limit": (["* A 127.255.255.255"], "unknown", "too many questions"),
    "typo": (["* A 127.255.255.252"], "unknown", "typing error"),
    "refuses": (["* A 127.255.255.250"], "unknown", "refuses your resolver"),
    "some-refused": ([*TESTS, f"{REVERSED} A 127.255.255.254"], "unknown", "public"),
    "both": ([*TESTS, f"{REVERSED} A 127.0.0.2", f"{REVERSED} A 127.255.255.254"], "unknown",
             "public"),
    "dead": ([], "unknown", "is not listed"),
    "dead-but-lists": ([f"{REVERSED} A 127.0.0.2"], "unknown", "is not listed"),
    "parked": (["* A 203.0.114.80"], "unknown", "parked"),
    "world": (["* A 127.0.0.2"], "unknown", "the whole world"),
    "rewritten": ([*TESTS, "* A 203.0.114.80"], "unknown", "no list's answer"),
    "only-text": ([*TESTS, f'{REVERSED} TXT "no address"'], "clean", None),
    "alias": ([*TESTS, f"{REVERSED} CNAME entry", "entry A 127.0.0.2"], "listed", None),
    "alias-to-nothing": ([*TESTS, f"{REVERSED} CNAME nothing"], "clean", None),
}


def run(*args, code=(0, 1, 3)):
    done = subprocess.run([MAILAUDIT, *map(str, args)], capture_output=True, timeout=60,
                          check=False, encoding="utf-8")
    assert done.returncode in code, (done.returncode, done.stderr)
    return done


class Lists(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        # what refuses is asked again from the root on: that is nowhere here
        self.hints = self.folder / "root.hints"
        self.hints.write_text(". 3600 NS a.root.\na.root. 3600 A 127.0.0.9\n", encoding="utf-8")

    def serve(self, zones):
        paths = []
        for name, rows in zones.items():
            path = self.folder / f"{name}.zone"
            path.write_text(f"$ORIGIN {name}.\n$TTL 300\n{SOA}" + "\n".join(rows) + "\n",
                            encoding="utf-8")
            paths.append(path)
        return self.enterContext(nsd.Nsd(paths))

    def lists_file(self, text):
        path = self.folder / "lists.txt"
        path.write_text(text, encoding="utf-8")
        return path

    def source(self, server):
        return ["--nameserver", server.address, "--root-hints", self.hints]

    def audit(self, server, lists, *more):
        return run(*self.source(server), "--check", "dnsbl", "--role", "sends-only", "--lists",
                   self.lists_file(lists), "--format", "json", *more, "shop.example", ADDRESS)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_every_behaviour(self):
        server = self.serve({f"{name}.example": rows for name, (rows, _, _) in LISTS.items()})
        done = self.audit(server, "".join(f"{name}.example ip4\n" for name in LISTS))
        report = json.loads(done.stdout)
        rows = {row["zone"]: row for row in report["checks"]["dnsbl"]["lists"]}
        for name, (_, state, reason) in LISTS.items():
            with self.subTest(list=name):
                row = rows[f"{name}.example"]
                self.assertEqual(row["state"], state, row)
                if reason:
                    self.assertIn(reason, row["reason"])
        # lists that nothing is known of warn at the most
        worst = {f["severity"] for f in report["findings"] if f["check"] == "dnsbl"}
        self.assertEqual(worst - {"unknown", "info", "pass"}, {"warning"})

    def test_servers_that_misbehave(self):
        """Whatever the server does wrong: never listed, never clean."""
        with badserver.BadServer() as server:
            modes = [m for m in badserver.MODES if m != "nxdomain-with-data"]
            done = self.audit(server, "".join(f"{mode}.example ip4\n" for mode in modes))
        report = json.loads(done.stdout)
        for row in report["checks"]["dnsbl"]["lists"]:
            with self.subTest(list=row["zone"]):
                self.assertEqual(row["state"], "unknown", row)
        for finding in report["findings"]:
            if finding["check"] == "dnsbl":
                self.assertIn(finding["severity"], ("unknown", "info"))
                self.assertLessEqual(finding["evidence"].count(" more lists"), 1)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_state_of_every_list(self):
        server = self.serve({f"{name}.example": rows for name, (rows, _, _) in LISTS.items()})
        due = {"public": "refused", "limit": "refused", "refuses": "refused", "typo": "refused",
               "dead": "dead", "dead-but-lists": "dead", "parked": "dead", "world": "dead"}
        lists = self.lists_file("".join(f"{name}.example ip4\n" for name in LISTS))
        done = run("lists", *self.source(server), "--lists", lists, "--format", "json", code=(1,))
        states = {row["zone"]: row["state"] for row in json.loads(done.stdout)["lists"]}
        self.assertEqual(states, {f"{name}.example": due.get(name, "alive") for name in LISTS})
        table = run("lists", *self.source(server), "--lists", lists, code=(1,)).stdout
        self.assertRegex(
            table, r"(?m)^public\.example +refused +block +medium +127\.255\.255\.254:")
        lists = self.lists_file("clean.example ip4\nlisted.example ip4\n")
        done = run("lists", *self.source(server), "--lists", lists, code=(0,))
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_lists_that_are_silent_or_slow(self):
        with badserver.BadServer() as server:
            lists = self.lists_file("silent.example ip4\nservfail.example ip4\n")
            done = run("lists", *self.source(server), "--lists", lists, code=(1,))
        self.assertEqual([line.split()[1] for line in done.stdout.splitlines()], ["silent"] * 2)

    # ---- many audits ----

    def test_a_batch_spares_the_lists(self):
        """Test entries are asked once, reasons only where there is a hit, and --limit holds."""
        seen, hit = [], "7.0.41.198.slow.example."

        def respond(wire, _tcp):
            query = dns.message.from_wire(wire)
            question = query.question[0]
            name = question.name.to_text()
            seen.append((time.monotonic(), name, question.rdtype))
            reply = dns.message.make_response(query, recursion_available=True)
            if question.rdtype == dns.rdatatype.A and name.startswith(("2.0.0.127.", hit)):
                reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "127.0.0.2"))
            else:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply.to_wire()

        targets = self.folder / "targets.csv"
        targets.write_text("".join(f"d{i}.test,198.41.0.{i}\n" for i in range(1, 151)),
                           encoding="utf-8")
        with badserver.BadServer(respond=respond) as server:
            done = run("batch", *self.source(server), "--check", "dnsbl", "--role", "sends-only",
                       "--dnsbl-scope", "senders", "--limit", "slow.example=100", "--lists",
                       self.lists_file("fast.example ip4\nslow.example ip4\n"), targets)
        states = [row["state"] for line in done.stdout.splitlines()
                  for row in json.loads(line)["checks"]["dnsbl"]["lists"]]
        self.assertEqual(sorted(states), ["clean"] * 299 + ["listed"])
        for name in ("fast.example.", "slow.example."):
            self.assertEqual([n for _, n, _ in seen].count(f"2.0.0.127.{name}"), 1)
        self.assertEqual([n for _, n, t in seen if t == dns.rdatatype.TXT], [hit])
        slow = [at for at, name, _ in seen if name.endswith(".slow.example.")]
        self.assertGreater(slow[-1] - slow[0], (len(slow) - 1) / 100 - 0.2)
        self.assertEqual(len(slow), 150 + 3)

    # ---- keys ----

    def key_file(self, text, mode=0o600):
        path = self.folder / "keys"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def keyed_server(self):
        entry = f'{REVERSED} TXT "see https://lists.test/{KEY}/1"'
        return self.serve({f"{KEY}.zen.dq.spamhaus.net":
                           [*TESTS, f"{REVERSED} A 127.0.0.2", entry]})

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_a_key_is_used_and_never_seen(self):
        keys = self.key_file(f"# ours\nspamhaus  {KEY}\n")
        server = self.keyed_server()
        record = self.folder / "record"
        lists = "{key}.zen.dq.spamhaus.net\n"
        done = self.audit(server, lists, "--dnsbl-keys", keys, "--record", record, "--verbose")
        row = json.loads(done.stdout)["checks"]["dnsbl"]["lists"][0]
        self.assertEqual((row["zone"], row["state"]), (lists.strip(), "listed"))
        self.assertEqual(done.stderr, "")
        recorded = [file.read_text(encoding="utf-8") for file in record.iterdir()]
        for text in (done.stdout, done.stderr, *recorded):
            self.assertNotIn(KEY, text.lower())
        self.assertIn("2.0.0.127.{key}.zen.dq.spamhaus.net. A ok",
                      (record / "dns.txt").read_text(encoding="utf-8"))
        again = run("--replay", record, "--format", "json", "--lists", self.folder / "lists.txt")
        self.assertEqual(again.stdout, done.stdout)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_a_key_of_the_environment(self):
        server = self.keyed_server()
        with contextlib.ExitStack() as stack:
            stack.enter_context(unittest.mock.patch.dict("os.environ",
                                                         {"MAILAUDIT_SPAMHAUS_KEY": KEY}))
            done = self.audit(server, "@default\n-dbl.spamhaus.org\n")
        rows = {row["zone"]: row["state"] for row in
                json.loads(done.stdout)["checks"]["dnsbl"]["lists"]}
        self.assertEqual(rows.get("{key}.zen.dq.spamhaus.net"), "listed", rows)
        self.assertNotIn("zen.spamhaus.org", rows)
        self.assertNotIn(KEY, done.stdout + done.stderr)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_a_key_in_the_name_of_a_list(self):
        """As check_rbl is told of one: it is used, and nobody sees it."""
        server = self.keyed_server()
        record = self.folder / "record"
        options = ["--check-rbl", "-H", ADDRESS, "-s", f"{KEY}.zen.dq.spamhaus.net"]
        done = run(*self.source(server), *options, "--record", record, "-vvv", code=(2,))
        self.assertIn("{key}.zen.dq.spamhaus.net", done.stdout)
        recorded = [file.read_text(encoding="utf-8") for file in record.iterdir()]
        for text in (done.stdout, done.stderr, *recorded):
            self.assertNotIn(KEY, text.lower())
        again = run("--check-rbl", "-H", ADDRESS, "--replay", record, "-vvv", code=(2,))
        self.assertEqual(again.stdout, done.stdout)
        short = run("--check-rbl", "-H", ADDRESS, "-s", "k3y.zen.dq.spamhaus.net", code=(3,))
        self.assertIn("{key}.zen.dq.spamhaus.net': a key has 8", short.stdout)
        self.assertNotIn("k3y", short.stdout + short.stderr)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_a_key_in_a_file_of_lists(self):
        """As Postfix and rspamd have it: it is used, and nobody sees it."""
        record = self.folder / "record"
        for ending in ("", ".", " critical\r"):
            lists = f"# ours\n {KEY}.Zen.dq.spamhaus.net{ending}\n"
            done = self.audit(self.keyed_server(), lists, "--record", record)
            row = json.loads(done.stdout)["checks"]["dnsbl"]["lists"][0]
            self.assertEqual((row["zone"], row["state"]), ("{key}.zen.dq.spamhaus.net", "listed"))
            recorded = [file.read_text(encoding="utf-8") for file in record.iterdir()]
            for text in (done.stdout, done.stderr, *recorded):
                self.assertNotIn(KEY, text.lower())
            again = run("--replay", record, "--format", "json", "--lists",
                        self.folder / "lists.txt")
            self.assertEqual(again.stdout, done.stdout)
            shutil.rmtree(record)
        lists = self.folder / "lists.txt"
        for text, due in (
            ("@all\nk3y.zen.dq.spamhaus.net\n", "lists.txt:2: a key has 8"),
            (f"{KEY}.zen.dq.spamhaus.net\n{KEY}2.zen.dq.spamhaus.net\n",
             "lists.txt:2: a second key"),
        ):
            lists.write_text(text, encoding="utf-8")
            done = run("--offline", "--lists", lists, "shop.example", code=(2,))
            self.assertIn(due, done.stderr)
            self.assertNotIn("k3y", done.stderr)
            self.assertNotIn(KEY, done.stderr)

    def test_a_key_is_not_left_in_the_list_of_processes(self):
        with badserver.BadServer(respond=badserver.silent) as server, subprocess.Popen(
                [MAILAUDIT, "--nameserver", server.address, "--check-rbl", "-H", ADDRESS,
                 f"-s{KEY}.zen.dq.spamhaus.net"], stdout=subprocess.PIPE) as process:
            line = pathlib.Path(f"/proc/{process.pid}/cmdline")
            for _ in range(100):
                seen = line.read_bytes()
                if b"****" in seen:
                    break
                time.sleep(0.02)
            process.communicate(timeout=30)
        self.assertIn(b".zen.dq.spamhaus.net", seen)
        self.assertNotIn(KEY.encode(), seen)

    @unittest.skipUnless(nsd.program(), "nsd is not installed")
    def test_an_abusix_key(self):
        zones = {
            "combined": [*TESTS, f"{REVERSED} A 127.0.0.4", f"{REVERSED} A 127.0.0.11"],
            "dblack": ["*.test A 127.0.1.1", "shop.example A 127.0.1.2"],
        }
        server = self.serve({f"{KEY}.{zone}.mail.abusix.zone": rows
                             for zone, rows in zones.items()})
        lists = "".join(f"{{key}}.{zone}.mail.abusix.zone\n" for zone in zones)
        done = self.audit(server, lists, "--dnsbl-keys", self.key_file(f"abusix {KEY}\n"))
        report = json.loads(done.stdout)
        rows = {(row["zone"].split(".")[1], row["subject"]): row
                for row in report["checks"]["dnsbl"]["lists"]}
        self.assertEqual(rows["combined", ADDRESS]["state"], "listed")
        self.assertEqual(rows["combined", ADDRESS]["weight"], "high")
        self.assertEqual(rows["dblack", "shop.example"]["state"], "listed")
        rules = {f["rule"] for f in report["findings"]}
        self.assertIn("dnsbl.listed-error", rules)
        self.assertNotIn(KEY, done.stdout + done.stderr)

    def test_key_files_with_faults(self):
        for text, due in (
            (f"{KEY}\n", "keys:1: expected two words"),
            (f"spamhaus {KEY} more\n", "keys:1: expected two words"),
            (f"\nspamhouse {KEY}\n", "keys:2: the first word is neither"),
            ("spamhaus short\n", "keys:1: a key has 8 to 63 characters"),
            (f"spamhaus {KEY}.example\n", "keys:1: a key has letters"),
            (f"abusix {KEY}\nmail.abusix.zone {KEY}2\n", "keys:2: a second key"),
        ):
            with self.subTest(text=text):
                done = run("--offline", "--dnsbl-keys", self.key_file(text), "shop.example",
                           code=(2,))
                self.assertIn(due, done.stderr)
                self.assertNotIn(KEY, done.stderr)
        done = run("--offline", "--dnsbl-keys", self.key_file(f"spamhaus {KEY}\n", 0o644),
                   "shop.example")
        self.assertIn("warning: others can get at the keys", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
