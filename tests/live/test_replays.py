#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recordings of audits of a small internet replay equal, byte for byte, as text and as JSON.

BED is a folder with nsd.conf, the zones that it names, and truth.csv, whose columns "domain" and
"ip" say what to audit; its nsd is started on a free port. Without one, a small one is made here.

usage: test_replays.py MAILAUDIT [BED [AUDITS]]
"""
import concurrent.futures
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import nsd

JOBS = 2
NOW = "1767225600"
OWN_DOMAINS = 24
FILES = ("audit.txt", "dns.txt")
SOA = "@ SOA ns.nic.test. hostmaster.nic.test. 1 3600 600 86400 300\n@ NS ns.nic.test.\n"
SPF = ["v=spf1 mx -all", "v=spf1 mx ~all", "v=spf1 include:_spf.nic.test -all", "v=spf1 mx",
       "v=spf1 include:_spf.gone.test -all", "v=spf1 ip4:203.0.113.0/24 a:%{d} -al", ""]
DMARC = ["v=DMARC1; p=reject; rua=mailto:d@nic.test", "v=DMARC1; p=none", "v=DMARC1; p=", ""]


def make_bed(folder):
    """Domains with every pairing of the records above, half of their addresses with a name."""
    zone, reverse = "$ORIGIN test.\n$TTL 300\n" + SOA, "$ORIGIN 113.0.203.in-addr.arpa.\n$TTL 300\n"
    zone += 'ns.nic A 192.0.2.53\n_spf.nic TXT "v=spf1 ip4:203.0.113.0/24 -all"\n'
    reverse += SOA
    rows = ["domain,ip"]
    for i in range(OWN_DOMAINS):
        name, address = f"d{i}", f"203.0.113.{i + 1}"
        zone += f"{name} MX 10 mail.{name}\nmail.{name} A {address}\n"
        if SPF[i % len(SPF)]:
            zone += f'{name} TXT "{SPF[i % len(SPF)]}"\n'
        if DMARC[i % len(DMARC)]:
            zone += f'_dmarc.{name} TXT "{DMARC[i % len(DMARC)]}"\n'
        if i % 2:
            reverse += f"{i + 1} PTR mail.{name}.test.\n"
        rows.append(f"{name}.test,{address}")
    (folder / "zones").mkdir()
    (folder / "zones" / "test.zone").write_text(zone)
    (folder / "zones" / "reverse.zone").write_text(reverse)
    (folder / "truth.csv").write_text("\n".join(rows) + "\n")
    (folder / "nsd.conf").write_text(
        'server:\n  zonesdir: "zones"\nzone:\n  name: "test"\n  zonefile: "test.zone"\n'
        'zone:\n  name: "113.0.203.in-addr.arpa"\n  zonefile: "reverse.zone"\n')


def serve(bed):
    """An nsd of ours with the zones of the bed's configuration."""
    text = (bed / "nsd.conf").read_text()
    zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{(bed / "zones" / path).resolve()}"\n'
                    for name, path in re.findall(r'name: "(.*)"\n\s+zonefile: "(.*)"', text))
    server = nsd.Nsd([])
    server.config.write_text(server.config.read_text() + zones)
    return server


def audit(*args):
    """(exit code, output, errors)"""
    done = subprocess.run([sys.argv[1], *args], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def compare(server, target):
    """What is wrong with one target's recordings."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="mailaudit-replays-") as folder:
        live, replayed, dirs = [], [], []
        for form in ("json", "text"):
            dirs.append(pathlib.Path(folder) / form)
            live.append(audit("--nameserver", server.address, "--now", NOW, "--format", form,
                              "--record", str(dirs[-1]), *target))
            if live[-1][0] not in (0, 1, 3):
                return [f"exit code {live[-1][0]}: {live[-1][2].decode(errors='replace')}"]
            replayed.append(audit("--replay", str(dirs[0]), "--format", form))
        if any((dirs[0] / name).read_bytes() != (dirs[1] / name).read_bytes() for name in FILES):
            wrong.append("two recordings of the same audit differ")
        for form, a, b in zip(("JSON", "text"), live, replayed):
            if a != b:
                wrong.append(f"its replay is another report, as {form}")
    return wrong


def run(bed, count):
    with open(bed / "truth.csv", encoding="utf-8", newline="") as file:
        targets = list(dict.fromkeys((row["domain"], row["ip"]) for row in csv.DictReader(file)))
    targets = targets[:count]
    failed = 0
    with serve(bed) as server, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = pool.map(lambda target: compare(server, target), targets)
        for number, (target, wrong) in enumerate(zip(targets, results), 1):
            print(f"{'not ok' if wrong else 'ok'} {number} - {' '.join(target)}", flush=True)
            for what in wrong:
                print(f"  # {what}")
            failed += bool(wrong)
    print(f"1..{len(targets)}")
    print(f"# {len(targets) - failed} of {len(targets)} recordings replay equal")
    return failed == 0 and targets != []


def main():
    if not nsd.program():
        print("1..0 # SKIP nsd is not installed")
        return True
    os.environ["XDG_CONFIG_HOME"] = "/nonexistent"  # no policy of the user's own
    sys.argv[1] = os.path.abspath(sys.argv[1])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    if len(sys.argv) > 2:
        return run(pathlib.Path(sys.argv[2]), count)
    with tempfile.TemporaryDirectory(prefix="mailaudit-bed-") as folder:
        make_bed(pathlib.Path(folder))
        return run(pathlib.Path(folder), count)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
