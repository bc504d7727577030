#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is fetched by HTTPS, from servers on loopback that do it well or badly: every fault has its
own name, every response its bounds, and nothing is connected to that should not be.

usage: test_https.py MAILAUDIT PLUGIN (fetch.so)
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import nsd
import webserver

MAILAUDIT, PLUGIN = sys.argv[1:3]
ENDS_SECS = 20  # a transfer's own deadline is 10
HOST_WINDOW = 8  # transfers at once of one worker from one host
# a proxy that is not there must not be asked
ENVIRONMENT = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
ENVIRONMENT |= {"PATH": "/usr/bin:/bin", "https_proxy": "http://127.0.0.1:1",
                "HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "socks5://127.0.0.1:1"}


NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
NGINX_CONF = """daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/nginx.log;
events {{ worker_connections 64; }}
http {{
  types {{ text/plain txt; }}
  access_log off; gzip on; gzip_min_length 1; gzip_types text/plain;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
  uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  server {{
    listen 127.0.0.1:{port} ssl; root {dir}/www;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location /moved {{ return 301 https://$host:{port}/.well-known/mta-sts.txt; }}
    location /refused {{ deny all; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder, port):
    with subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"],
                          stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def zone(rows):
    return "\n".join(["$ORIGIN test.", "$TTL 60", "@ SOA ns hostmaster 1 7200 900 1209600 60",
                      "@ NS ns", *rows]) + "\n"


class Https(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        authority = webserver.Authority(cls.folder)
        cls.ca = authority.file
        cls.pair = pair = authority.issue("good", ["good.test", "other.test", "*.wild.test"])
        serve = cls.enterClassContext
        cls.good = serve(webserver.Server(pair))
        cls.v6 = serve(webserver.Server(pair, host="::1"))
        cls.expired = serve(webserver.Server(authority.issue("expired", ["good.test"], -1)))
        cls.early = serve(webserver.Server(
            authority.issue_for_days("early", "good.test", "20991230", "21001230")))
        cls.nameless = serve(webserver.Server(authority.issue("nameless", [], common="good.test")))
        cls.own = serve(webserver.Server(authority.self_signed("own", "good.test")))
        (cls.folder / "elsewhere").mkdir()
        elsewhere = webserver.Authority(cls.folder / "elsewhere")
        cls.unknown = serve(webserver.Server(elsewhere.issue("good", ["good.test"])))
        cls.old = serve(webserver.Server(pair, version=ssl.TLSVersion.TLSv1_1))
        cls.plain = serve(webserver.Server(talk=lambda c: c.sendall(b"220 mail ESMTP\r\n" * 9)))
        cls.mute = serve(webserver.Server(talk=lambda c: time.sleep(60)))
        with socket.create_server(("127.0.0.1", 0)) as closed:
            cls.closed = closed.getsockname()[1]
        webserver.redirect.places = {
            "good": f"https://other.test:{cls.good.port}/good#part",
            "relative": "/good",
            "http": "http://good.test/good",
            "file": "file:///etc/passwd",
            "self": "/to/self",
            "user": f"https://me:secret@good.test:{cls.good.port}/good",
            "literal": f"https://127.0.0.1:{cls.good.port}/good",
            "private": "https://private.test/",
            "nowhere": "https://nowhere.test/",
            "expired": f"https://good.test:{cls.expired.port}/good",
            "long": f"https://other.test:{cls.good.port}/" + "x" * 3000,
            "hostile": "https://good.test\\@other.test/",
            "closed": f"https://good.test:{cls.closed}/",
        }

    def url(self, path, server=None, host="good.test"):
        port = server if isinstance(server, int) else (server or self.good).port
        return f"https://{host}:{port}/{path}"

    def run_audit(self, *args, rows=(), urls=(), private=True):
        """The JSON report of an audit that fetches these URLs."""
        text = zone(["good A 127.0.0.1", "other A 127.0.0.1", "a.wild A 127.0.0.1",
                     "six AAAA ::1", "both A 127.0.0.1", "both AAAA ::1", "ns A 127.0.0.1",
                     "private A 10.1.2.3", "mixed A 10.1.2.3", "mixed A 127.0.0.1",
                     *rows, *(f'_fetch.x TXT "{u}"' for u in urls)])
        path = self.folder / "test.zone"
        path.write_text(text)
        done = subprocess.run(
            [MAILAUDIT, "--plugin", PLUGIN, "--check", "fetch", "--zone", path, "--nameserver",
             "127.0.0.1:1", "--ca-file", self.ca, "--format", "json", "--now", "1748736000",
             *(["--allow-private"] if private else []), *args, "x.test", "192.0.2.1"],
            capture_output=True, timeout=60, check=False, encoding="utf-8",
            env=ENVIRONMENT)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def fetch(self, *urls, **more):
        """What became of each URL (with its words), in order."""
        start = time.monotonic()
        report = self.run_audit(urls=urls, **more)
        self.assertLess(time.monotonic() - start, ENDS_SECS)
        rows = {row["url"]: row for row in report["checks"]["fetch"]["bodies"]}
        return [rows[url.split()[0]] for url in urls]

    def one(self, url, **more):
        return self.fetch(url, **more)[0]

    def assert_failed(self, row, failure, detail=None):
        self.assertEqual((row["failure"], row["code"], row["size"]), (failure, 0, 0), row)
        if detail is not None:
            self.assertIn(detail, row["detail"])

    # ---- what works ------------------------------------------------------------------------------

    def test_a_body(self):
        row = self.one(self.url("good"))
        self.assertEqual((row["failure"], row["code"], row["size"]), (None, 200, 29))
        self.assertEqual(row["type"], "text/plain")
        self.assertEqual(row["head"], "version: STSv1\nmode: enforce\n")
        self.assertEqual(row["final"], row["url"])

    def test_the_request(self):
        row = self.one(self.url("echo"))
        head = row["head"]
        self.assertTrue(head.startswith("GET /echo HTTP/1.1\r\nHost: good.test:"), head)

    def test_other_names_and_addresses(self):
        rows = self.fetch(self.url("good", host="other.test"), self.url("good", host="a.wild.test"))
        self.assertEqual([row["code"] for row in rows], [200, 200])

    def test_ipv6(self):
        row = self.one(self.url("good", self.v6, "six.test"))
        self.assertEqual(row["failure"], "certificate")  # it was reached

    def test_one_address_of_several_answers(self):
        # the port is open at ::1 only
        row = self.one(self.url("good", self.v6, "both.test"))
        self.assertEqual(row["failure"], "certificate")

    def test_chunked(self):
        self.assertEqual(self.one(self.url("chunked"))["head"], "one two three")

    def test_a_response_that_is_no_success(self):
        rows = self.fetch(self.url("missing"), self.url("endless_missing"))
        for row in rows:
            self.assertEqual((row["failure"], row["code"], row["size"]), (None, 404, 0))

    def test_hostile_bytes(self):
        row = self.one(self.url("strange"))
        self.assertEqual((row["code"], row["size"]), (200, 12))
        self.assertTrue(row["head"].startswith("\0\x1b[31m"))

    def test_a_body_as_large_as_is_allowed(self):
        rows = self.fetch(self.url("exact"), self.url("good") + " cap=29")
        self.assertEqual([row["size"] for row in rows], [1048576, 29])

    @unittest.skipUnless(NGINX, "nginx is not installed")
    def test_nginx(self):
        place = self.folder / "www/.well-known"
        place.mkdir(parents=True)
        policy = "version: STSv1\r\nmode: enforce\r\nmx: mail.test\r\nmax_age: 86400\r\n"
        (place / "mta-sts.txt").write_text(policy)
        port = nsd.free_port()
        (self.folder / "nginx.conf").write_text(NGINX_CONF.format(
            dir=self.folder, certificate=self.pair[0], key=self.pair[1], port=port))
        with nginx(self.folder, port):
            rows = self.fetch(self.url(".well-known/mta-sts.txt", port), self.url("gone", port),
                              self.url("moved", port) + " follow", self.url("refused", port))
        self.assertEqual([row["code"] for row in rows], [200, 404, 200, 403])
        self.assertEqual((rows[0]["type"], rows[0]["size"]), ("text/plain", len(policy)))
        self.assertEqual(rows[2]["final"], rows[0]["url"])

    # ---- bounds ----------------------------------------------------------------------------------

    def test_too_large(self):
        for path in ("large", "large_unsaid", "exact"):
            row = self.one(self.url(path) + " cap=65536")
            self.assert_failed(row, "too-large", "more than 65536 bytes")
        self.assert_failed(self.one(self.url("good") + " cap=28"), "too-large")

    def test_a_compressed_body_is_left_alone(self):
        row = self.one(self.url("bomb"))
        self.assertEqual(row["code"], 200)
        self.assertLess(row["size"], 100_000)
        self.assertTrue(row["head"].startswith("\x1f"))

    def test_a_compressed_transfer_ends(self):
        self.assertIn(self.one(self.url("transfer_bomb"))["failure"], ("too-large", "malformed"))

    def test_endless_headers(self):
        for path in ("headers", "continues"):
            self.assert_failed(self.one(self.url(path)), "too-large", "header")

    def test_a_drip_ends(self):
        start = time.monotonic()
        self.assert_failed(self.one(self.url("drip")), "timeout")
        self.assertLess(time.monotonic() - start, 12)

    def test_silence_ends(self):
        rows = self.fetch(self.url("silent") + " msecs=700", self.url("good", self.mute) +
                          " msecs=700", self.url("drip") + " msecs=1700")
        for row in rows:
            self.assert_failed(row, "timeout")
        self.assertIn("no connection", rows[1]["detail"])

    def test_the_audits_time_ends_a_transfer(self):
        start = time.monotonic()
        row = self.run_audit("--timeout", "1", urls=[self.url("silent")])
        self.assertLess(time.monotonic() - start, 3)
        self.assert_failed(row["checks"]["fetch"]["bodies"][0], "budget")
        self.assertIn("audit.time-limit", [f["rule"] for f in row["findings"]])

    # ---- certificates and TLS --------------------------------------------------------------------

    def test_certificates(self):
        rows = self.fetch(self.url("good", host="both.test"), self.url("good", self.expired),
                          self.url("good", self.own), self.url("good", self.unknown),
                          self.url("good", self.nameless), self.url("good", self.early))
        for row in rows:
            self.assert_failed(row, "certificate")
        words = [row["certificate"] for row in rows]
        self.assertEqual(words[0],
                         "it is not for this host, but for good.test, other.test, *.wild.test")
        self.assertRegex(words[1], r"^it expired on 20\d\d-\d\d-\d\d$")
        self.assertEqual(words[2], "it is self-signed")
        self.assertEqual(words[3], "it has an issuer that is neither known here nor sent by the "
                         "server: 'Test Authority'")
        self.assertEqual(words[4], "it names no host (no subjectAltName)")
        self.assertEqual(words[5], "it is not valid before 2099-12-30")

    def test_a_bad_certificate_is_an_answer(self):
        report = self.run_audit(urls=[self.url("good", self.own)])
        self.assertEqual(report["score"]["unanswered"], 0)
        report = self.run_audit(urls=[self.url("good", self.closed)])
        self.assertEqual(report["score"]["unanswered"], 1)

    def test_a_file_of_authorities_that_is_not_there(self):
        for args in ((), ("--ca-file", "/nonexistent")):
            done = subprocess.run(
                [MAILAUDIT, *args, "--nameserver", "127.0.0.1:1", "--check", "target", "x.test",
                 "192.0.2.1"], capture_output=True, check=False)
            self.assertEqual(done.returncode == 2, args != ())

    def test_old_tls(self):
        self.assert_failed(self.one(self.url("good", self.old)), "tls", "protocol version")

    def test_no_tls(self):
        self.assert_failed(self.one(self.url("good", self.plain)), "tls")

    # ---- whom to connect to ----------------------------------------------------------------------

    def test_no_connection(self):
        rows = self.fetch(self.url("", self.closed), "https://nowhere.test/", "https://x.test/")
        self.assert_failed(rows[0], "connect", f"127.0.0.1, port {self.closed}")
        self.assert_failed(rows[1], "no-address", "nowhere.test")
        self.assert_failed(rows[2], "no-address", "x.test")

    def test_a_resolver_that_fails(self):
        row = self.one("https://www.example.org/ msecs=1000")
        self.assertIn(row["failure"], ("network", "timeout"))

    def test_private_addresses_are_refused(self):
        before = self.good.connections
        rows = self.fetch(self.url("good"), f"https://127.0.0.1:{self.good.port}/good",
                          f"https://[::1]:{self.good.port}/good", "https://private.test/",
                          f"https://[64:ff9b::7f00:1]:{self.good.port}/good",
                          f"https://[::ffff:127.0.0.1]:{self.good.port}/good",
                          self.url("good", host="mixed.test"), private=False)
        for row in rows:
            self.assert_failed(row, "forbidden")
        self.assertIn("loopback", rows[0]["detail"])
        self.assertEqual(self.good.connections, before)

    def test_what_is_no_url_is_refused(self):
        for url in ("http://good.test/", "https://me@good.test/", "ftp://good.test/",
                    "https://good.test/#x", "https://localhost/"):
            self.assert_failed(self.one(url), "bad-url")

    def test_offline(self):
        before = self.good.connections
        report = self.run_audit("--offline", urls=[self.url("good")])
        self.assert_failed(report["checks"]["fetch"]["bodies"][0], "offline")
        self.assertEqual(self.good.connections, before)

    # ---- redirects -------------------------------------------------------------------------------

    def test_redirects_are_not_followed(self):
        rows = self.fetch(self.url("to/good"), self.url("to/http"), self.url("to/relative"))
        self.assertEqual([row["code"] for row in rows], [302, 302, 302])
        self.assertTrue(rows[0]["location"].startswith("https://other.test:"))
        self.assertEqual(rows[1]["location"], "http://good.test/good")
        self.assertEqual(rows[2]["location"], self.url("good"))

    def test_redirects_are_followed(self):
        rows = self.fetch(self.url("to/good") + " follow", self.url("to/relative") + " follow",
                          self.url("to/literal") + " follow", self.url("missing") + " follow")
        self.assertEqual([row["code"] for row in rows], [200, 200, 0, 404])
        self.assertEqual(rows[0]["final"], self.url("good", host="other.test"))
        self.assertEqual(rows[1]["final"], self.url("good"))
        self.assertEqual(rows[2]["failure"], "certificate")

    def test_redirects_that_lead_nowhere(self):
        due = {"http": "redirect", "file": "redirect", "self": "redirect", "user": "redirect",
               "long": "redirect", "hostile": "redirect", "expired": "certificate",
               "nowhere": "no-address", "closed": "connect"}
        rows = self.fetch(*(self.url(f"to/{name}") + " follow" for name in due))
        for (name, failure), row in zip(due.items(), rows):
            with self.subTest(name=name):
                self.assert_failed(row, failure)
        self.assertIn("5 redirects", rows[2]["detail"])

    def test_redirects_bring_no_cookies(self):
        row = self.one(self.url("cookie") + " follow")
        self.assertEqual(row["code"], 200)
        self.assertEqual(row["size"] > 0, True)

    # ---- wrong responses -------------------------------------------------------------------------

    def test_what_is_no_http(self):
        rows = self.fetch(*(self.url(path) for path in ("empty", "garbage", "short", "bad_chunk")))
        for row in rows:
            self.assert_failed(row, "malformed")

    # ---- recording and batches -------------------------------------------------------------------

    def test_a_recording_is_replayed(self):
        urls = [self.url(path) for path in ("good", "strange", "missing", "exact", "to/http")]
        urls += [self.url("to/good") + " follow", self.url("good", self.own),
                 self.url("good", self.closed), self.url("large") + " cap=1000"]
        folder = self.folder / "recording"
        first = self.run_audit("--record", folder, urls=urls)
        self.assertTrue((folder / "https.txt").read_text().startswith("mailaudit-bodies 1\n"))
        again = [subprocess.run([MAILAUDIT, "--plugin", PLUGIN, "--replay", folder, "--format",
                                 "json"], capture_output=True, check=False) for _ in range(2)]
        self.assertEqual(again[0].stdout, again[1].stdout)
        self.assertEqual(json.loads(again[0].stdout), first)
        (folder / "https.txt").unlink()
        done = subprocess.run([MAILAUDIT, "--plugin", PLUGIN, "--replay", folder],
                              capture_output=True, check=False, encoding="utf-8")
        self.assertEqual(done.returncode, 2)
        self.assertIn("https.txt: 0 bodies, but audit.txt says 9", done.stderr)

    def test_a_recording_without_bodies(self):
        folder = self.folder / "no-bodies"
        first = self.run_audit("--record", folder)
        self.assertFalse((folder / "https.txt").exists())
        done = subprocess.run([MAILAUDIT, "--plugin", PLUGIN, "--replay", folder, "--format",
                               "json"], capture_output=True, check=False)
        self.assertEqual(json.loads(done.stdout), first)

    def test_batch(self):
        count = 300
        server = self.enterContext(webserver.Server(self.pair))
        rows = [f'_fetch.d{i} TXT "{self.url("good", server)}?{i % 100}"' for i in range(count)]
        (self.folder / "test.zone").write_text(zone(["good A 127.0.0.1", *rows]))
        (self.folder / "targets").write_text("".join(f"d{i}.test\n" for i in range(count)))
        done = subprocess.run(
            [MAILAUDIT, "batch", "--workers", "2", "--plugin", PLUGIN, "--check", "fetch", "--zone",
             self.folder / "test.zone", "--nameserver", "127.0.0.1:1", "--ca-file", self.ca,
             "--allow-private", self.folder / "targets"],
            capture_output=True, timeout=60, check=False, encoding="utf-8")
        self.assertIn(done.returncode, (0, 3), done.stderr)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(reports), count)
        for report in reports:
            self.assertEqual([b["code"] for b in report["checks"]["fetch"]["bodies"]], [200])
        # each URL at most once a worker
        self.assertLessEqual(server.connections, 200)
        self.assertLessEqual(server.most, 2 * HOST_WINDOW)
        self.assertGreater(server.most, 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
