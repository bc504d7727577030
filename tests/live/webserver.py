# SPDX-License-Identifier: MIT
"""HTTPS servers on loopback, good and bad, with certificates made for the purpose.

What a server answers depends on the path asked for: see ANSWERS. Each connection has a thread; all
of them end with the server.
"""
import contextlib
import gzip
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import warnings

BOMB_BYTES = 50_000_000  # of zeros, in a few thousand bytes of gzip
LARGE_BYTES = 50_000_000
STEP = 65536

CA_CONFIG = """[ca]
default_ca = authority
[authority]
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = names
copy_extensions = copy
[names]
commonName = supplied
"""


class Authority:
    """Certificates, made by openssl in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.file = self.folder / "ca.pem"
        self.openssl("req", "-x509", "-subj", "/CN=Test Authority", "-days", "30",
                     "-out", self.file, *self.new_key("ca"))

    def openssl(self, *args):
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)

    def new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.folder / f"{name}.key")

    def issue(self, name, hosts, days=30, common=None):
        """(certificate, key) for these hosts; -1 day: expired. Without hosts there is
        but the subject's common name."""
        part = self.folder / name
        names = ",".join(f"DNS:{host}" for host in hosts)
        part.with_suffix(".ext").write_text(f"subjectAltName={names}\n" if hosts else "")
        self.openssl("req", "-subj", f"/CN={common or name}", "-out", part.with_suffix(".csr"),
                     *self.new_key(name))
        self.openssl("x509", "-req", "-in", part.with_suffix(".csr"), "-CA", self.file, "-CAkey",
                     self.folder / "ca.key", "-days", days, "-extfile", part.with_suffix(".ext"),
                     "-out", part.with_suffix(".pem"))
        return part.with_suffix(".pem"), part.with_suffix(".key")

    def issue_for_days(self, name, host, first, last):
        """The same, good from one day to another: 20991231."""
        folder = self.folder / f"{name}.ca"
        folder.mkdir()
        (folder / "index").touch()
        (folder / "serial").write_text("01")
        (folder / "ca.cnf").write_text(CA_CONFIG.format(folder=folder))
        part = self.folder / name
        self.openssl("req", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{host}",
                     "-out", part.with_suffix(".csr"), *self.new_key(name))
        self.openssl("ca", "-batch", "-notext", "-config", folder / "ca.cnf", "-cert", self.file,
                     "-keyfile", self.folder / "ca.key", "-in", part.with_suffix(".csr"), "-out",
                     part.with_suffix(".pem"), "-startdate", f"{first}000000Z", "-enddate",
                     f"{last}000000Z")
        return part.with_suffix(".pem"), part.with_suffix(".key")

    def self_signed(self, name, host):
        part = self.folder / name
        self.openssl("req", "-x509", "-subj", f"/CN={host}", "-addext",
                     f"subjectAltName=DNS:{host}", "-days", "30", "-out", part.with_suffix(".pem"),
                     *self.new_key(name))
        return part.with_suffix(".pem"), part.with_suffix(".key")


# ---- answers: a generator of bytes to send, given the request ------------------------------------


def response(body=b"", code="200 OK", **headers):
    rows = {"Content_Type": "text/plain", "Content_Length": len(body), **headers}
    head = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in rows.items() if v is not None)
    return f"HTTP/1.1 {code}\r\n{head}\r\n".encode() + body


def good(_request):
    yield response(b"version: STSv1\nmode: enforce\n")


def echo(request):
    yield response(request)


def chunked(_request):
    yield response(Content_Length=None, Transfer_Encoding="chunked")
    for part in (b"one ", b"two ", b"three"):
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def missing(_request):
    yield response(b"x" * 5000, "404 Not Found")


def endless_missing(_request):
    yield response(code="404 Not Found", Content_Length=None)
    for _ in range(LARGE_BYTES // STEP):
        yield b"x" * STEP


def large(_request):
    yield response(Content_Length=LARGE_BYTES)
    for _ in range(LARGE_BYTES // STEP):
        yield b"x" * STEP


def large_unsaid(_request):
    yield response(Content_Length=None)
    for _ in range(LARGE_BYTES // STEP):
        yield b"x" * STEP


def exact(_request):
    yield response(b"x" * 1048576)


def bomb(_request):
    yield response(gzip.compress(bytes(BOMB_BYTES)), Content_Encoding="gzip")


def transfer_bomb(_request):
    yield response(Content_Length=None, Transfer_Encoding="gzip, chunked")
    body = gzip.compress(bytes(BOMB_BYTES))
    yield b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def drip(_request):
    yield response(Content_Length=1000)
    while True:
        time.sleep(1)
        yield b"x"


def headers(_request):
    yield b"HTTP/1.1 200 OK\r\n"
    for i in range(20000):
        yield b"X-Header-%d: %s\r\n" % (i, b"y" * 1000)


def continues(_request):
    while True:
        yield b"HTTP/1.1 100 Continue\r\nX-More: " + b"y" * 1000 + b"\r\n\r\n"


def silent(_request):
    time.sleep(60)
    yield b""


def empty(_request):
    yield b""


def garbage(_request):
    yield b"\x00\x01\x02 this is not HTTP\r\n\r\n"


def short(_request):
    yield response(b"half", Content_Length=8)


def bad_chunk(_request):
    yield response(Content_Length=None, Transfer_Encoding="chunked")
    yield b"zz\r\nhello\r\n"


def strange(_request):
    yield response(b"\x00\x1b[31m\xff\r\nend", Content_Type="text/\x1b[31mplain")


def cookie(_request):
    yield response(code="302 Found", Location="/echo", Set_Cookie="secret=1; Path=/")


def redirect(request):
    """/to/NAME: to what the server was told of NAME."""
    name = request.split()[1].decode().rpartition("/")[2]
    yield response(b"x" * 100000, "302 Found", Location=redirect.places[name])


redirect.places = {}
ANSWERS = {"/" + f.__name__: f for f in (
    good, echo, chunked, missing, endless_missing, large, large_unsaid, exact, bomb, transfer_bomb,
    drip, headers, continues, silent, empty, garbage, short, bad_chunk, strange, cookie)}


# ---- servers -------------------------------------------------------------------------------------


class Server:
    """with Server(certificate, key) as server: ... server.port. Without a certificate it takes
    connections and does with them what talk(connection) does."""

    def __init__(self, pair=None, host="127.0.0.1", talk=None, version=None):
        self.context = None
        if pair is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*pair)
        if version is not None:
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it is an old one is the point
                self.context.minimum_version = ssl.TLSVersion.TLSv1
                self.context.maximum_version = version
        self.talk = talk
        self.connections = self.now = self.most = 0  # that wait for an answer; most at once
        self.open = set()
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, 0), family=family, backlog=128)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        self.open.add(connection)
        self.count(1)
        with contextlib.suppress(OSError, ValueError), connection:
            if self.talk is not None:
                self.talk(connection)
                return
            with self.context.wrap_socket(connection, server_side=True) as tls:
                self.open.add(tls)
                self.answer(tls)
                with contextlib.suppress(OSError):
                    tls.unwrap()
        self.open.discard(connection)

    def count(self, change):
        with self.lock:
            self.now += change
            self.most = max(self.most, self.now)

    def answer(self, tls):
        request = b""
        while b"\r\n\r\n" not in request:
            more = tls.recv(4096)
            if not more:
                return
            request += more
        path = request.split()[1].decode().partition("?")[0]
        answer = redirect if path.startswith("/to/") else ANSWERS.get(path, missing)
        self.count(-1)  # who has the answer may come again before this thread gets on
        for part in answer(request):
            tls.sendall(part)
