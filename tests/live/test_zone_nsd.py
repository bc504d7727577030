#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The zone source against nsd: the same zones, some thousands of questions, one answer.

usage: test_zone_nsd.py ANSWERS

nsd is asked through dnspython, by a resolver of a few lines that goes on where an answer's aliases
lead out of a zone; and through our network source. Both must agree with the zone source on status,
chain, RRset and TTL.
"""
import itertools
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype as rdatatype

import nsd

ANSWERS = sys.argv[1]
ALIASES_MAX = 10
TYPES = ["A", "TXT", "MX", "CNAME", "NS", "DS", "SOA", "AAAA"]
RANDOM_ZONES = 24
HEAD = """$ORIGIN {origin}
$TTL 300
@ 3600 IN SOA ns hostmaster 1 7200 3600 1209600 600
@ NS ns
ns A 192.0.2.1
"""


class Resolver:
    """What our store makes of an authoritative server's answers, told apart from it."""

    def __init__(self, port):
        self.port = port

    def ask(self, name, rdtype):
        query = dns.message.make_query(name, rdtype)
        query.flags &= ~dns.flags.RD
        reply, _ = dns.query.udp_with_fallback(query, "127.0.0.1", port=self.port, timeout=5)
        return reply

    def answer(self, text, type_text):
        """The line that tests/live/answers prints."""
        rdtype = rdatatype.from_text(type_text)
        name = dns.name.from_text(text).canonicalize()
        chain, status, rrset, ttl = [], None, [], 0
        while status is None:
            reply = self.ask(name, rdtype)
            moved = False
            while not self.find(reply, name, rdtype) and rdtype != rdatatype.CNAME:
                alias = self.find(reply, name, rdatatype.CNAME)
                if not alias:
                    break
                chain.append(alias)
                name = alias[0].target.canonicalize()
                moved = True
                if len(chain) > ALIASES_MAX:
                    return f"{text} {type_text} failed:cname-loop ttl=0"
            status, rrset, ttl = self.judge(reply, name, rdtype, moved)
        if status.startswith("failed"):
            return f"{text} {type_text} {status} ttl=0"
        ttl = min([ttl, *(alias.ttl for alias in chain)])
        words = [text, type_text, status, f"ttl={ttl}"]
        return " ".join([*words, *self.words(chain), *self.words(rrset)])

    def judge(self, reply, name, rdtype, moved):
        """(status, [RRset], TTL); status None: ask again for where the aliases lead."""
        rrset = self.find(reply, name, rdtype)
        soa = [rrset for rrset in reply.authority if rrset.rdtype == rdatatype.SOA]
        rcode = reply.rcode()
        if rrset:
            return "ok", [rrset], rrset.ttl
        if rcode == dns.rcode.YXDOMAIN:
            return "failed:rcode", [], 0
        if rcode == dns.rcode.REFUSED:
            return "failed:offline", [], 0
        if soa:
            status = "nxdomain" if rcode == dns.rcode.NXDOMAIN else "nodata"
            return status, [], min(soa[0].ttl, soa[0][0].minimum)
        return (None if moved else "failed:offline"), [], 0

    @staticmethod
    def find(reply, name, rdtype):
        for rrset in reply.answer:
            if rrset.rdtype == rdtype and rrset.name == name:
                return rrset
        return None

    @staticmethod
    def words(rrsets):
        for rrset in rrsets:
            owner = rrset.name.canonicalize().to_text(omit_final_dot=len(rrset.name) > 1)
            for wire in sorted(rdata.to_digestable() for rdata in rrset):
                yield f"{owner} {rrset.ttl} {int(rrset.rdtype)} {wire.hex()}"


def ours(questions, *args):
    done = subprocess.run(
        [ANSWERS, *args],
        input="".join(f"{name} {rdtype}\n" for name, rdtype in questions),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout.splitlines()


# what nsd does not load: checked by the unit tests instead
def random_zone(origin, seed):
    """Records at random names; whatever a server would refuse is left out."""
    dice = random.Random(seed)
    labels = ["a", "b", "c", "*"]
    nodes = {}
    dnames = set()

    def name():
        return ".".join(dice.choice(labels) for _ in range(dice.randint(1, 4)))

    def target():
        where = dice.random()
        if where < 0.7:
            return name()
        if where < 0.8:
            return f"{name()}.r{dice.randrange(RANDOM_ZONES)}.test."
        return dice.choice(["ns", "elsewhere.example.", "sub.r0.test."])

    def below_dname(owner):
        parts = owner.split(".")
        return any(".".join(parts[i:]) in dnames for i in range(1, len(parts)))

    for _ in range(dice.randint(4, 30)):
        owner = name()
        kind = dice.choice(["A", "A", "TXT", "MX", "CNAME", "CNAME", "NS", "DNAME"])
        have = nodes.get(owner, {})
        if below_dname(owner) or (owner.startswith("*") and kind in ("NS", "DNAME")):
            continue
        if (kind == "CNAME" and have) or "CNAME" in have or (kind == "DNAME" and "NS" in have):
            continue
        if kind == "DNAME":
            if "DNAME" in have or any(other.endswith("." + owner) for other in nodes):
                continue
            dnames.add(owner)
        if kind == "NS" and "DNAME" in have:
            continue
        rdata = {
            "A": f"192.0.2.{dice.randrange(256)}",
            "TXT": f'"text {dice.randrange(100)}" "; (more)"',
            "MX": f"{dice.randrange(99)} {target()}",
            "NS": "ns",
        }.get(kind) or target()
        nodes.setdefault(owner, {}).setdefault(kind, []).append(rdata)
        if kind == "NS" and dice.random() < 0.5:
            nodes[owner]["DS"] = ["12345 8 2 " + "ab" * 32]
    rows = [HEAD.format(origin=origin)]
    for owner, kinds in nodes.items():
        for kind, rdatas in kinds.items():
            ttl = dice.choice(["", "60", "7200"])  # one for the RRset
            rows += [f"{owner} {ttl} {kind} {rdata}\n" for rdata in rdatas]
    return "".join(rows)


WILDCARDS = """\
*.w A 192.0.2.7
*.w MX 10 mail
x.w TXT "x"
y.x.w TXT "y"
*.alias CNAME target
*.out CNAME elsewhere.example.
target A 192.0.2.8
a.b.c.d A 192.0.2.9
*.b.c.d TXT "under an empty non-terminal"
sub.*.e A 192.0.2.10
*.loop CNAME x.loop
l1 CNAME l2
l2 CNAME l1
self CNAME self
"""
CHAIN = "".join(f"c{i} CNAME c{i + 1}\n" for i in range(14)) + 'c14 TXT "the end"\n'
DELEGATIONS = """\
child NS ns.child
child NS ns
ns.child A 192.0.2.20
deep.er.child A 192.0.2.21
child DS 12345 8 2 abababababababababababababababababababababababababababababababab
nods NS ns.nods
ns.nods A 192.0.2.22
into CNAME www.child
www.nods TXT "occluded"
mx MX 5 mail.child
"""
DNAMES = """\
d DNAME target
target A 192.0.2.30
x.target A 192.0.2.31
*.wild.target TXT "w"
far DNAME elsewhere.example.
long DNAME {0}.{0}.{0}
both DNAME target
both A 192.0.2.32
circle DNAME circle
""".format("m" * 60)
TXT_FORMS = """\
plain TXT v=spf1 -all
two TXT "one" "two"
glued TXT "one""two"
empty TXT ""
escaped TXT "a\\"b\\\\c\\;d\\032e\\255"
unquoted TXT a\\;b\\"c\\040d
paren TXT ( "one" ; comment
    "two" )
semi TXT "v=DMARC1; p=none; rua=mailto:a@example.com"
big TXT ( "{0}" "{0}" "{0}" "{0}" "{0}" )
Upper.CASE MX 10 Mail.EXAMPLE.
case\\.dot A 192.0.2.40
num\\098er A 192.0.2.41
hexa TYPE65280 \\# 4 0a0b 0c0d
caa CAA 0 issue letsencrypt.org
srv SRV 0 5 25 @
tlsa TLSA 3 1 1 ( abababababababababababababababab
    abababababababababababababababab )
""".format("x" * 255)
TTLS = """\
$TTL 1h
one A 192.0.2.50
two IN 1d12h A 192.0.2.51
three 5m IN A 192.0.2.52
$TTL 30
four A 192.0.2.53
$ORIGIN deeper.ttl.test.
one A 192.0.2.54
@ A 192.0.2.55
"""
REVERSE = """\
10 PTR mail.example.com.
10 PTR mail.example.com.
0/26 NS ns
65 CNAME 65.64/26
64/26 TXT "RFC 2317"
65.64/26 PTR host65.example.com.
129 CNAME 129.128/25
128/25 NS ns.elsewhere.example.
130 CNAME 130.rev.elsewhere.example.
"""
BY_HAND = {
    "wild.test.": WILDCARDS,
    "chain.test.": CHAIN,
    "cut.test.": DELEGATIONS,
    "own.cut.test.": 'www TXT "a zone below another"\n',
    "dname.test.": DNAMES,
    "txt.test.": TXT_FORMS,
    "ttl.test.": TTLS,
    "2.0.192.in-addr.arpa.": REVERSE,
}
HAND_NAMES = """\
wild.test w.wild.test a.w.wild.test a.a.w.wild.test x.w.wild.test z.x.w.wild.test y.x.w.wild.test
*.w.wild.test a.*.w.wild.test a.alias.wild.test a.b.alias.wild.test a.out.wild.test d.wild.test
c.d.wild.test b.c.d.wild.test x.b.c.d.wild.test a.b.c.d.wild.test z.a.b.c.d.wild.test x.d.wild.test
x.e.wild.test sub.x.e.wild.test sub.*.e.wild.test *.e.wild.test e.wild.test x.loop.wild.test
l1.wild.test self.wild.test nothing.wild.test A.W.WILD.test
c0.chain.test c3.chain.test c4.chain.test c5.chain.test c14.chain.test c13.chain.test
child.cut.test ns.child.cut.test www.child.cut.test deep.er.child.cut.test nods.cut.test
www.nods.cut.test into.cut.test mx.cut.test own.cut.test www.own.cut.test x.own.cut.test
cut.test x.cut.test
d.dname.test x.d.dname.test a.wild.d.dname.test q.d.dname.test x.far.dname.test far.dname.test
both.dname.test x.both.dname.test long.dname.test x.long.dname.test x.circle.dname.test
{0}.long.dname.test
plain.txt.test two.txt.test glued.txt.test empty.txt.test escaped.txt.test unquoted.txt.test
paren.txt.test semi.txt.test big.txt.test upper.case.txt.test case\\.dot.txt.test
number.txt.test hexa.txt.test caa.txt.test srv.txt.test tlsa.txt.test
one.ttl.test two.ttl.test three.ttl.test four.ttl.test one.deeper.ttl.test deeper.ttl.test
10.2.0.192.in-addr.arpa 65.2.0.192.in-addr.arpa 65.64/26.2.0.192.in-addr.arpa
64/26.2.0.192.in-addr.arpa 129.2.0.192.in-addr.arpa 130.2.0.192.in-addr.arpa
1.0/26.2.0.192.in-addr.arpa 0/26.2.0.192.in-addr.arpa 11.2.0.192.in-addr.arpa
example.com elsewhere.example . test
""".format("y" * 63 + "." + "z" * 10).split()


def apex_ds(name, rdtype):
    """A DS RRset is the parent zone's (RFC 4035 2.4): nsd denies it where it has the child only,
    we leave it to who may know."""
    apexes = {*BY_HAND, *(f"r{i}.test." for i in range(RANDOM_ZONES))}
    return rdtype == "DS" and name + "." in apexes


class ZoneAgainstNsd(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        texts = {origin: HEAD.format(origin=origin) + text for origin, text in BY_HAND.items()}
        for i in range(RANDOM_ZONES):
            texts[f"r{i}.test."] = random_zone(f"r{i}.test.", seed=i)
        cls.zones = []
        for i, text in enumerate(texts.values()):
            path = pathlib.Path(folder) / f"{i}.zone"
            path.write_text(text, encoding="utf-8")
            cls.zones.append(str(path))
        cls.server = nsd.Nsd(cls.zones)
        cls.enterClassContext(cls.server)
        cls.resolver = Resolver(cls.server.port)
        if "error" in cls.server.log():  # a zone that nsd did not load would prove nothing
            raise AssertionError(cls.server.log())

    def compare(self, questions):
        expected = [self.resolver.answer(name, rdtype) for name, rdtype in questions]
        for question, want, have in zip(questions, expected, ours(questions, *self.zones)):
            with self.subTest(question=question):
                self.assertEqual(want, have)
        return expected

    def test_by_hand(self):
        types = [*TYPES, "DNAME", "PTR", "TYPE65280", "CAA", "SRV", "TLSA"]
        questions = itertools.product(HAND_NAMES, types)
        lines = self.compare([question for question in questions if not apex_ds(*question)])
        words = {line.split()[2] for line in lines}
        self.assertEqual(
            words,
            {"ok", "nodata", "nxdomain", "failed:offline", "failed:cname-loop", "failed:rcode"},
        )

    def test_at_random(self):
        dice = random.Random(7)
        labels = ["a", "b", "c", "d", "*"]
        names = []
        for i in range(RANDOM_ZONES):
            for _ in range(60):
                parts = [dice.choice(labels) for _ in range(dice.randint(0, 5))]
                names.append(".".join([*parts, f"r{i}.test"]))
        questions = [(name, dice.choice(TYPES[:6])) for name in names for _ in range(2)]
        self.compare([question for question in questions if not apex_ds(*question)])

    def test_by_our_network_source(self):
        """What is not answered at all has another reason there; all else is the same."""
        questions = itertools.product(HAND_NAMES, TYPES)
        questions = [question for question in questions if not apex_ds(*question)]
        by_network = ours(questions, "--nameserver", self.server.address)
        for question, have, want in zip(questions, by_network, ours(questions, *self.zones)):
            with self.subTest(question=question):
                if "failed:offline" in want:
                    self.assertRegex(have, r" failed:(rcode|refused) ")
                else:
                    self.assertEqual(want, have)


if __name__ == "__main__":
    if not nsd.program():
        print("skipped: nsd is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
