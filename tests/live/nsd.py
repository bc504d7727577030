# SPDX-License-Identifier: MIT
"""An nsd of our own on loopback, for the tests that want a real server."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

START_SECS = 10


def program():
    """Where nsd is, or None. Debian has it in a folder that is not on everybody's path."""
    return shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port():
    """A port that is free for UDP and TCP now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            try:
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def origin(zone):
    """What a zone file is about: its first line is $ORIGIN."""
    with open(zone, encoding="utf-8") as file:
        return re.match(r"\$ORIGIN\s+(\S+)", file.readline()).group(1)


class Nsd:
    """with Nsd(zone files) as server: ... server.address ("127.0.0.1:PORT")"""

    def __init__(self, zones, port=None, host="127.0.0.1"):
        self.port = port or free_port()
        self.host = host
        self.address = f"{host}:{self.port}"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mailaudit-nsd-"))
        self.process = None
        rows = [
            "server:",
            f'  ip-address: "{host}@{self.port}"',
            "  server-count: 1",
            '  username: ""',
            '  database: ""',  # instances would share a file otherwise
            "  rrl-ratelimit: 0",  # the default drops the answers of a busy test
            f'  zonesdir: "{self.dir}"',
            f'  xfrdir: "{self.dir}"',
            f'  xfrdfile: "{self.dir}/xfrd.state"',
            f'  zonelistfile: "{self.dir}/zone.list"',
            f'  pidfile: "{self.dir}/nsd.pid"',
            "remote-control:",
            "  control-enable: no",
        ]
        for zone in zones:
            path = pathlib.Path(zone).resolve()
            rows += ["zone:", f'  name: "{origin(path)}"', f'  zonefile: "{path}"']
        self.config = self.dir / "nsd.conf"
        self.config.write_text("\n".join(rows) + "\n", encoding="utf-8")

    def __enter__(self):
        log = open(self.dir / "nsd.log", "wb")  # pylint: disable=consider-using-with
        with log:
            self.process = subprocess.Popen(
                [program(), "-d", "-c", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _wait(self):
        """Until it answers: id 1, a question for the root's NS."""
        question = b"\0\1\0\0\0\1\0\0\0\0\0\0\0\0\2\0\1"
        deadline = time.monotonic() + START_SECS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.1)
            udp.connect((self.host, self.port))
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    udp.send(question)
                    udp.recv(512)
                    return
                except OSError:
                    time.sleep(0.02)
        raise RuntimeError("nsd does not answer:\n" + self.log())

    def log(self):
        return (self.dir / "nsd.log").read_text(encoding="utf-8", errors="replace")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
