#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""MTA-STS policies and RDAP answers, fetched from HTTPS servers on loopback.

A policy lies at port 443, so the servers have addresses of their own in 127.0.0.0/8; skipped where
that port is not permitted. The DNS is a zone file.

usage: test_sts_rdap.py MAILAUDIT
"""
import contextlib
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import webserver

MAILAUDIT = sys.argv[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
ENVIRONMENT |= {"PATH": "/usr/bin:/bin"}
POLICY = "/.well-known/mta-sts.txt"
GOOD = "version: STSv1\r\nmode: enforce\r\nmx: *.DOMAIN\r\nmax_age: 2419200\r\n"
NETWORK = {
    "objectClassName": "ip network", "handle": "NET-1", "name": "EXAMPLE", "country": "NL",
    "startAddress": "203.0.114.0", "endAddress": "203.0.114.255",
    "entities": [{"roles": ["registrant"], "vcardArray": ["vcard", [
        ["fn", {}, "text", "Example B.V."], ["kind", {}, "text", "org"]]], "entities": [
            {"roles": ["abuse"], "vcardArray": ["vcard", [
                ["email", {}, "text", "abuse@example.nl"]]]}]}]}


class Server:
    """with Server(host, port, pair, pages): pages is {path: (code, headers, body)}; the requests'
    heads are kept in seen."""

    def __init__(self, host, port, pair, pages):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, dict(self.headers)))
                code, headers, body = pages.get(self.path, (404, {}, b"not here"))
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                # in the connection's own thread; a client that does not like us is no news
                with contextlib.suppress(OSError):
                    with context.wrap_socket(request, server_side=True) as connection:
                        super().finish_request(connection, client_address)

        self.listener = Listener((host, port), Handler)
        self.port = self.listener.server_address[1]
        self.thread = threading.Thread(target=self.listener.serve_forever, args=(0.01,),
                                       daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.listener.shutdown()
        self.listener.server_close()


def text(body, code=200, **headers):
    return code, {"Content-Type": "text/plain", **headers}, body.encode()


class StsRdap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.authority = webserver.Authority(cls.folder)

    def audit(self, *args, rows=()):
        zone = self.folder / "test.zone"
        zone.write_text("\n".join(["$ORIGIN test.", "$TTL 60", "@ SOA ns host 1 7200 900 99999 60",
                                   "@ NS ns", "ns A 127.0.0.1", *rows]) + "\n")
        contacts = self.folder / "contacts.zone"
        contacts.write_text("$ORIGIN abuse-contacts.abusix.zone.\n$TTL 60\n"
                            "@ SOA ns host 1 7200 900 99999 60\n@ NS ns.test.\n")
        done = subprocess.run(
            [MAILAUDIT, "--zone", zone, "--zone", contacts, "--nameserver",
             "127.0.0.1:1", "--ca-file", self.authority.file, "--allow-private", "--format",
             "json", "--now", "1748736000", *args],
            capture_output=True, timeout=60, check=False, encoding="utf-8", env=ENVIRONMENT)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        self.assertEqual(done.stderr, "")
        report = json.loads(done.stdout)
        return report, {f["rule"]: f for f in report["findings"]}

    # ---- MTA-STS ---------------------------------------------------------------------------------

    def policy(self, name, host, page, *more, certificate=None):
        """The audit of NAME.test, whose policy is that page."""
        domain = f"{name}.test"
        pair = self.authority.issue(name, [certificate or f"mta-sts.{domain}"])
        try:
            server = Server(host, 443, pair, {POLICY: page} if page is not None else {})
        except PermissionError:
            self.skipTest("port 443 is not permitted")
        with server:
            report, findings = self.audit(
                "--check", "mta_sts", *more, domain, "203.0.114.7",
                rows=[f"{name} MX 10 mail.{name}", f"mail.{name} A 203.0.114.7",
                      f'_mta-sts.{name} TXT "v=STSv1; id=20250101"', f"mta-sts.{name} A {host}"])
        return report["checks"]["mta_sts"], findings, server

    def test_enforced(self):
        with tempfile.TemporaryDirectory() as folder:
            sts, findings, server = self.policy(
                "fine", "127.77.0.1", text(GOOD.replace("DOMAIN", "fine.test")), "--record",
                folder + "/r")
            replayed = subprocess.run(
                [MAILAUDIT, "--replay", folder + "/r", "--format", "json"], capture_output=True,
                check=True, env=ENVIRONMENT)
        self.assertIn("mta_sts.ok", findings)
        self.assertEqual((sts["state"], sts["mode"], sts["max_age_secs"], sts["mx"]),
                         ("valid", "enforce", 2419200, ["*.fine.test"]))
        self.assertEqual(sts["hosts"], [{"name": "mail.fine.test", "matched": True}])
        self.assertEqual(json.loads(replayed.stdout)["checks"]["mta_sts"], sts)
        path, headers = server.seen[0]
        self.assertEqual((len(server.seen), path, headers["Host"]),
                         (1, POLICY, "mta-sts.fine.test"))

    def test_not_matched(self):
        sts, findings, _ = self.policy(
            "other", "127.77.0.2", text(GOOD.replace("DOMAIN", "example.net")))
        self.assertEqual(findings["mta_sts.mx-not-matched"]["subject"], "mail.other.test")
        self.assertEqual(sts["hosts"], [{"name": "mail.other.test", "matched": False}])

    def test_wrong_certificate(self):
        sts, findings, server = self.policy(
            "cert", "127.77.0.3", text(GOOD), certificate="www.cert.test")
        self.assertEqual(sts["state"], "invalid")
        self.assertIn("mta-sts.cert.test", findings["mta_sts.policy-certificate"]["subject"])
        self.assertEqual(server.seen, [])

    def test_not_found(self):
        sts, findings, _ = self.policy("lost", "127.77.0.4", None)
        self.assertEqual(sts["state"], "invalid")
        self.assertEqual(findings["mta_sts.policy-not-served"]["evidence"], "code 404")

    def test_redirect(self):
        place = "https://mta-sts.moved.test/other"
        sts, findings, server = self.policy(
            "moved", "127.77.0.5", text("", 301, Location=place))
        self.assertEqual(sts["state"], "invalid")
        self.assertIn(place, findings["mta_sts.policy-redirect"]["evidence"])
        self.assertEqual(len(server.seen), 1)

    def test_too_large(self):
        _, findings, _ = self.policy("large", "127.77.0.6", text(GOOD + "x: y\n" * 20000))
        self.assertIn("mta_sts.policy-too-large", findings)

    def test_private_address(self):
        # as an audit without --allow-private would meet it
        report = json.loads(subprocess.run(
            [MAILAUDIT, "--check", "mta_sts", "--zone", self.private_zone(), "--nameserver",
             "127.0.0.1:1", "--format", "json", "--now", "1748736000", "private.test",
             "203.0.114.7"], capture_output=True, check=False, env=ENVIRONMENT).stdout)
        rules = {f["rule"]: f for f in report["findings"]}
        self.assertEqual(rules["mta_sts.policy-unknown"]["failure"], "forbidden")

    def private_zone(self):
        path = self.folder / "private.zone"
        path.write_text("$ORIGIN private.test.\n$TTL 60\n@ SOA ns host 1 7200 900 99999 60\n"
                        "@ NS ns\n@ MX 10 mail\nmail A 203.0.114.7\n"
                        '_mta-sts TXT "v=STSv1; id=1"\nmta-sts A 127.0.0.1\n')
        return path

    # ---- RDAP ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def registries(self, pages, moved=None):
        """Two of them: the first sends those who ask to the second."""
        pair = self.authority.issue("rdap", ["first.test", "second.test"])
        with Server("127.0.0.1", 0, pair, pages) as second:
            place = (moved or "https://second.test:{port}/ip/203.0.114.7").format(port=second.port)
            redirect = {"/rdap/ip/203.0.114.7": (302, {"Location": place}, b"")}
            with Server("127.0.0.1", 0, pair, redirect) as first:
                table = self.folder / "ipv4.json"
                urls = ["http://first.test/", f"https://first.test:{first.port}/rdap"]
                table.write_text(json.dumps({"services": [[["203.0.114.0/24"], urls]]}))
                yield table, first, second

    def rdap(self, table, *addresses):
        return self.audit(
            "--check", "rdap", "--rdap-bootstrap", table, "x.test", *addresses,
            rows=["first A 127.0.0.1", "second A 127.0.0.1", "x MX 10 mail.x",
                  "mail.x A 203.0.114.7"])

    def test_redirect_is_followed(self):
        page = 200, {"Content-Type": "application/rdap+json"}, json.dumps(NETWORK).encode()
        with self.registries({"/ip/203.0.114.7": page}) as (table, first, second):
            report, findings = self.rdap(table, "203.0.114.7", "203.0.114.8")
            place = f"https://second.test:{second.port}/ip/203.0.114.7"
        rows = report["checks"]["rdap"]["networks"]
        self.assertEqual([row["address"] for row in rows], ["203.0.114.7", "203.0.114.8"])
        for row in rows:
            self.assertEqual((row["name"], row["holder"], row["abuse"], row["source"]),
                             ("EXAMPLE", "Example B.V.", ["abuse@example.nl"], place))
        self.assertIn("abuse@example.nl", findings["rdap.contact"]["fix"])
        self.assertEqual((len(first.seen), len(second.seen)), (1, 1))
        self.assertEqual(second.seen[0][1]["Accept"], "application/rdap+json")

    def test_redirected_to_nowhere(self):
        with self.registries({}) as (table, _, _):
            _, findings = self.rdap(table, "203.0.114.7")
        self.assertIn("code 404", findings["rdap.not-found"]["evidence"])

    def test_redirected_away_from_https(self):
        with self.registries({}, "http://second.test:{port}/ip/203.0.114.7") as (table, _, second):
            _, findings = self.rdap(table, "203.0.114.7")
        self.assertEqual(findings["rdap.unknown"]["failure"], "redirect")
        self.assertEqual(second.seen, [])

    def test_hostile_answers(self):
        for body in (b"[" * 100000, b'{"a":' * 5000, b"x" * 300000, b"\xff\xfe", b""):
            page = 200, {"Content-Type": "application/rdap+json"}, body
            with self.registries({"/ip/203.0.114.7": page}) as (table, _, _):
                _, findings = self.rdap(table, "203.0.114.7")
            self.assertIn("rdap.unknown", findings)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
