# SPDX-License-Identifier: MIT
"""A small Internet in a network namespace of its own: servers on port 53 of 127.0.0.0/8, with a
root, a top-level domain, and resolvers of several kinds. Nothing leaves the namespace."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

import badserver
import nsd

INSIDE = "MAILAUDIT_TEST_NETNS"
ROOT = "127.0.0.1"  # serves the root and com
RESOLVER = "127.0.0.53"
SKIPPED = 77
START_SECS = 10


def enter():
    """Starts this test again in a namespace of its own; ends it as skipped if that may not be."""
    if os.environ.get(INSIDE):
        lo_up()
        return
    for missing in [p for p in ("unshare", "nsd", "unbound") if not program(p)]:
        print(f"skipped: {missing} is not installed")
        sys.exit(SKIPPED)
    for flags in ("-n", "-rn"):
        command = ["unshare", flags]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", [*command, sys.executable, *sys.argv])
    print("skipped: network namespaces are not permitted")
    sys.exit(SKIPPED)


def lo_up():
    """The one interface of the namespace."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(sock, get_flags, request))[1]
        fcntl.ioctl(sock, set_flags, struct.pack("16sh14x", b"lo", flags | up))


def program(name):
    """Debian has servers in folders that are not on everybody's path."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


# ---- zones ---------------------------------------------------------------------------------------


def head(origin, *servers, serial=1):
    soa = f"@ SOA {servers[0]} hostmaster {serial} 7200 3600 1209600 300"
    rows = [f"$ORIGIN {origin}", "$TTL 300", soa]
    return rows + [f"@ NS {server}" for server in servers]


def domain(origin, *servers, serial=1, more=()):
    """A domain that has what mail needs. servers: (name, address)."""
    rows = head(origin, *(name for name, _ in servers), serial=serial)
    rows += [f"{name} A {address}" for name, address in servers if not name.endswith(".")]
    rows += ["@ MX 10 mail", "mail A 203.0.114.10", '@ TXT "v=spf1 ip4:203.0.114.10 -all"',
             '_dmarc TXT "v=DMARC1; p=reject"', *more]
    return rows


def delegation(origin, *servers):
    """What the parent has of it: NS, and glue for the names within."""
    rows = [f"{origin} NS {glued(origin, name)}" for name, _ in servers]
    return rows + [f"{glued(origin, name)} A {address}" for name, address in servers
                   if not name.endswith(".") and address]


def glued(origin, name):
    return name if name.endswith(".") else f"{name}.{origin}"


# ---- servers -------------------------------------------------------------------------------------


class Unbound:
    """A resolver that knows the root above; lines: more of its "server" clause."""

    def __init__(self, host, folder, *lines):
        self.host, self.process = host, None
        self.dir = pathlib.Path(folder) / f"unbound-{host}"
        self.dir.mkdir()
        hints = self.dir / "root.hints"
        hints.write_text(f". 3600 NS root.\nroot. 3600 A {ROOT}\n", encoding="utf-8")
        rows = ["server:", f'  interface: {host}', "  port: 53", '  username: ""', '  chroot: ""',
                f'  directory: "{self.dir}"', '  pidfile: ""', "  use-syslog: no",
                "  do-not-query-localhost: no", "  do-ip6: no", "  num-threads: 1",
                f'  root-hints: "{hints}"', "  trust-anchor-signaling: no",
                "  infra-host-ttl: 1", "  qname-minimisation: no", *("  " + line for line in lines),
                "remote-control:", "  control-enable: no"]
        self.config = self.dir / "unbound.conf"
        self.config.write_text("\n".join(rows) + "\n", encoding="utf-8")

    def __enter__(self):
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen([program("unbound"), "-d", "-c", self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        query = dns.message.make_query(".", "NS")
        deadline = time.monotonic() + START_SECS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(dns.exception.DNSException, OSError):
                dns.query.udp(query, self.host, timeout=0.2)
                return self
            time.sleep(0.02)
        self.__exit__()
        raise RuntimeError((self.dir / "log").read_text(encoding="utf-8", errors="replace"))

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)


def forwarder(change, upstream=RESOLVER):
    """A resolver that asks another one, and changes query or reply: change(query, None) before,
    change(query, reply) after."""

    def respond(wire, _tcp):
        query = dns.message.from_wire(wire)
        asked = change(query, None) or query
        try:
            reply = dns.query.udp(asked, upstream, timeout=10)
        except (dns.exception.DNSException, OSError):
            reply = dns.message.make_response(query, recursion_available=True)
            reply.set_rcode(dns.rcode.SERVFAIL)
        reply.id = query.id
        return (change(query, reply) or reply).to_wire(max_size=65535)

    return respond


def made_up(query, reply):
    """As some providers do: no such name becomes the address of a search page."""
    question = query.question[0]
    if reply is None or reply.rcode() != dns.rcode.NXDOMAIN or question.rdtype != dns.rdatatype.A:
        return None
    other = dns.message.make_response(query, recursion_available=True)
    other.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "203.0.114.200"))
    return other


def captive(wire, _tcp):
    """As before the log-in at a public network: one address for every name, and nothing else."""
    query = dns.message.from_wire(wire)
    other = dns.message.make_response(query, recursion_available=True)
    if query.question[0].rdtype == dns.rdatatype.A:
        name = query.question[0].name
        other.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "203.0.114.200"))
    return other.to_wire()


def recursion(query, _reply):
    """As a resolver that somebody has made a name server of: it answers, from others."""
    query.flags |= dns.flags.RD


def without_signatures(query, reply):
    """As a resolver of before DNSSEC: it neither asks for signatures nor hands them on."""
    if reply is None:
        return dns.message.make_query(query.question[0].name, query.question[0].rdtype)
    for section in (reply.answer, reply.authority, reply.additional):
        section[:] = [rrset for rrset in section if rrset.rdtype not in
                      (dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.NSEC3)]
    return None


def always(label):
    """A server that does to every question what badserver does to one label."""
    mode = badserver.MODES[label]

    def respond(wire, tcp):
        reply = mode(dns.message.from_wire(wire), tcp)
        return reply.to_wire() if isinstance(reply, dns.message.Message) else reply

    return respond


def upwards(wire, _tcp):
    """A server that does not have the zone any more and points back to the root."""
    reply = dns.message.make_response(dns.message.from_wire(wire))
    reply.authority.append(dns.rrset.from_text(".", 300, "IN", "NS", "root."))
    return reply.to_wire()


class Internet(contextlib.ExitStack):
    """with Internet() as net: net.nsd(host, {origin: rows}); net.bad(host, respond)"""

    def __enter__(self):
        super().__enter__()
        self.dir = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        return self

    def write(self, name, rows):
        path = self.dir / name
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    def nsd(self, host, zones):
        """zones: {origin: rows of the file, or its path}"""
        paths = [rows if isinstance(rows, pathlib.Path) else
                 self.write(f"{host}-{origin}zone", rows) for origin, rows in zones.items()]
        server = self.enter_context(nsd.Nsd(paths, 53, host))
        if "error" in server.log():
            raise AssertionError(server.log())
        return server

    def bad(self, host, respond):
        return self.enter_context(badserver.BadServer(53, host, respond))

    def unbound(self, host, *lines):
        return self.enter_context(Unbound(host, self.dir, *lines))

    def hints(self):
        return self.write("root.hints", [". 3600 NS root.", f"root. 3600 A {ROOT}"])
