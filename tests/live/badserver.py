#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A DNS server on loopback that misbehaves. What it does wrong is a label of the name asked for:
servfail.example is answered SERVFAIL, and so is _dmarc.servfail.example; see MODES.

usage: badserver.py [PORT]      (tests use it as: with BadServer() as server: ... server.address)
"""
import socket
import socketserver
import struct
import sys
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

SLOW_SECS = 0.7  # longer than the first retransmission takes, shorter than a question's deadline
CHAIN = 14  # aliases, more than anybody follows
RECORDS = 4060  # of 16 bytes each: about what a message of 64 kB holds
NS = "ns.example. hostmaster.example. 1 7200 3600 1209600 60"


# ---- messages ------------------------------------------------------------------------------------


def reply_to(query, rcode=dns.rcode.NOERROR):
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(rcode)
    return reply


def add(reply, owner, ttl, rdtype, *rdatas):
    reply.answer.append(dns.rrset.from_text(owner, ttl, "IN", rdtype, *rdatas))
    return reply


def good(query, strings='"good"'):
    """An answer of the type asked for, whatever the name."""
    reply = reply_to(query)
    question = query.question[0]
    rdata = {
        dns.rdatatype.A: "192.0.2.1",
        dns.rdatatype.AAAA: "2001:db8::1",
        dns.rdatatype.MX: "10 mail.good.example.",
        dns.rdatatype.TXT: strings,
    }.get(question.rdtype)
    if rdata:
        return add(reply, question.name, 300, question.rdtype, rdata)
    reply.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", NS))
    return reply


def raw_reply(query, records, count=None, flags=0x8180):
    """Header and question as they should be; the answer section is the given bytes."""
    question = query.question[0]
    count = len(records) if count is None else count
    head = struct.pack("!6H", query.id, flags, 1, count, 0, 0)
    asked = question.name.to_wire() + struct.pack("!2H", question.rdtype, question.rdclass)
    return head + asked + b"".join(records)


def record(query, rdata, owner=b"\xc0\x0c", length=None, rdclass=1):
    rdtype = query.question[0].rdtype
    length = len(rdata) if length is None else length
    return owner + struct.pack("!HHIH", rdtype, rdclass, 300, length) + rdata


# ---- what can go wrong: each takes the query and whether it came over TCP, and gives wire, or None


def silent(_query, _tcp):
    return None


def slow(query, _tcp):
    time.sleep(SLOW_SECS)
    return good(query)


def no_edns(query, _tcp):
    return reply_to(query, dns.rcode.FORMERR) if query.edns >= 0 else good(query)


def wrong_id(query, _tcp):
    wire = bytearray(good(query).to_wire())
    wire[0] ^= 0xFF
    return bytes(wire)


def wrong_question(query, _tcp):
    other = dns.message.make_query("other.example.", query.question[0].rdtype)
    other.id = query.id
    return good(other)


def wrong_type(query, _tcp):
    other = dns.message.make_query(query.question[0].name, "HINFO")
    other.id = query.id
    return reply_to(other)


def truncated(query, tcp):
    """Over TCP the connection is closed at once."""
    return None if tcp else raw_reply(query, [], flags=0x8380)


def truncated_both(query, _tcp):
    return raw_reply(query, [], flags=0x8380)


def truncated_tcp(query, tcp):
    return good(query) if tcp else raw_reply(query, [], flags=0x8380)


def garbage(_query, _tcp):
    return bytes(range(37, 200))


def garbage_answer(query, _tcp):
    return raw_reply(query, [bytes(range(37, 200))])


def empty(_query, _tcp):
    return b""


def header_only(query, _tcp):
    return struct.pack("!6H", query.id, 0x8180, 1, 1, 0, 0)


def no_response_bit(query, _tcp):
    return raw_reply(query, [], flags=0x0100)


def cname_loop(query, _tcp):
    name = query.question[0].name
    reply = add(reply_to(query), name, 300, "CNAME", "b.loop.example.")
    add(reply, "b.loop.example.", 300, "CNAME", "c.loop.example.")
    return add(reply, "c.loop.example.", 300, "CNAME", name.to_text())


def cname_chain(query, _tcp):
    reply = add(reply_to(query), query.question[0].name, 300, "CNAME", "0.long.example.")
    for i in range(CHAIN):
        add(reply, f"{i}.long.example.", 300, "CNAME", f"{i + 1}.long.example.")
    return reply


def cname_step(query, _tcp):
    """One alias an answer, without end."""
    labels = query.question[0].name.labels
    count = int(labels[0]) + 1 if labels[0].isdigit() else 0
    target = f"{count}.cname-step.example."
    return add(reply_to(query), query.question[0].name, 300, "CNAME", target)


def cname_to_servfail(query, _tcp):
    return add(reply_to(query), query.question[0].name, 300, "CNAME", "servfail.example.")


def large_txt(query, tcp):
    if not tcp:
        return raw_reply(query, [], flags=0x8380)
    return good(query, " ".join(['"' + "x" * 250 + '"'] * 16))


def nuls(query, _tcp):
    return good(query, '"a\\000b\\000" "\\000"')


def huge(query, tcp):
    """As many records as a message of 64 kB holds; the rdata is four bytes whatever the type."""
    if not tcp:
        return raw_reply(query, [], flags=0x8380)
    numbers = range(RECORDS)
    if query.question[0].rdtype == dns.rdatatype.TXT:
        return raw_reply(query, [record(query, b"\x03" + b"%03x" % (i % 4096)) for i in numbers])
    return raw_reply(query, [record(query, struct.pack("!I", i)) for i in numbers])


def pointer_loop(query, _tcp):
    at = 12 + len(query.question[0].name.to_wire()) + 4
    return raw_reply(query, [record(query, b"\x01x", owner=struct.pack("!H", 0xC000 | at))])


def pointer_loop_in_data(query, _tcp):
    wire = raw_reply(query, [])
    at = len(wire) + 2 + 10
    return raw_reply(query, [record(query, struct.pack("!H", 0xC000 | at))])


def pointer_outside(query, _tcp):
    return raw_reply(query, [record(query, b"\x01x", owner=b"\xff\xff")])


def count_too_high(query, _tcp):
    return raw_reply(query, [record(query, b"\x01x")], count=9)


def length_too_long(query, _tcp):
    return raw_reply(query, [record(query, b"\x01x", length=4000)])


def other_owner(query, _tcp):
    return add(reply_to(query), "elsewhere.example.", 300, "TXT", '"not what was asked"')


def nxdomain_with_data(query, _tcp):
    reply = good(query)
    if not reply.answer:
        add(reply, query.question[0].name, 300, query.question[0].rdtype, "\\# 0")
    reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def referral(query, _tcp):
    reply = reply_to(query)
    reply.flags &= ~dns.flags.RA
    reply.authority.append(dns.rrset.from_text("example.", 300, "IN", "NS", "ns.example."))
    return reply


def nodata(query, _tcp):
    reply = reply_to(query)
    reply.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", NS))
    return reply


def nxdomain(query, tcp):
    reply = nodata(query, tcp)
    reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply


def rcode(code):
    return lambda query, _tcp: reply_to(query, code)


MODES = {
    "silent": silent,
    "slow": slow,
    "servfail": rcode(dns.rcode.SERVFAIL),
    "refused": rcode(dns.rcode.REFUSED),
    "notimp": rcode(dns.rcode.NOTIMP),
    "notauth": rcode(dns.rcode.NOTAUTH),
    "formerr": rcode(dns.rcode.FORMERR),
    "no-edns": no_edns,
    "wrong-id": wrong_id,
    "wrong-question": wrong_question,
    "wrong-type": wrong_type,
    "truncated": truncated,
    "truncated-both": truncated_both,
    "truncated-tcp": truncated_tcp,
    "garbage": garbage,
    "garbage-answer": garbage_answer,
    "empty": empty,
    "header-only": header_only,
    "no-response-bit": no_response_bit,
    "cname-loop": cname_loop,
    "cname-chain": cname_chain,
    "cname-step": cname_step,
    "cname-to-servfail": cname_to_servfail,
    "large-txt": large_txt,
    "nuls": nuls,
    "huge": huge,
    "pointer-loop": pointer_loop,
    "pointer-loop-in-data": pointer_loop_in_data,
    "pointer-outside": pointer_outside,
    "count-too-high": count_too_high,
    "length-too-long": length_too_long,
    "other-owner": other_owner,
    "nxdomain-with-data": nxdomain_with_data,
    "referral": referral,
    "good": lambda query, _tcp: good(query),
    "nodata": nodata,
    "nxdomain": nxdomain,
}


def answer(wire, tcp):
    """The bytes to send, or None."""
    query = dns.message.from_wire(wire)
    labels = [label.decode(errors="replace").lower() for label in query.question[0].name.labels]
    mode = next((MODES[label] for label in labels if label in MODES), nxdomain)
    reply = mode(query, tcp)
    if isinstance(reply, dns.message.Message):
        reply = reply.to_wire(max_size=65535)
    return reply


# ---- sockets -------------------------------------------------------------------------------------


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        reply = self.server.answer(wire, False)
        if reply is not None:
            sock.sendto(reply, self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            reply = self.server.answer(self.rfile.read(struct.unpack("!H", head)[0]), True)
            if reply is None:
                return
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


class UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 65535


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class BadServer:
    """respond(wire, tcp) gives the bytes to send, or None; it may be one of the tests' own."""

    def __init__(self, port=0, host="127.0.0.1", respond=answer):
        while True:
            self.udp = UdpServer((host, port), Udp)
            self.port = self.udp.server_address[1]
            try:
                self.tcp = TcpServer((host, self.port), Tcp)
                break
            except OSError:
                self.udp.server_close()
                if port:
                    raise
        self.udp.answer = self.tcp.answer = respond
        self.address = f"{host}:{self.port}"

    def __enter__(self):
        for server in (self.udp, self.tcp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()


def closed_port():
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


if __name__ == "__main__":
    with BadServer(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print(running.address, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
