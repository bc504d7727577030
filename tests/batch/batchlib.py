# SPDX-License-Identifier: MIT
"""What the tests of batch mode share: a list, its zone, and runs of the program."""
import json
import os
import subprocess


def write_zone(folder, count):
    """One zone `test.` with COUNT domains, so that no server is needed."""
    path = os.path.join(folder, "test.zone")
    with open(path, "w") as f:
        f.write("$ORIGIN test.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\n"
                "ns A 192.0.2.53\nmail A 192.0.2.25\n")
        for i in range(count):
            f.write("d%d MX 10 mail\n" % i)
            f.write("d%d TXT \"v=spf1 mx %s\"\n" % (i, "-all" if i % 3 else "~all"))
            if i % 2:
                f.write("_dmarc.d%d TXT \"v=DMARC1; p=reject\"\n" % i)
    return path


def write_list(folder, count):
    path = os.path.join(folder, "list.csv")
    with open(path, "w") as f:
        f.write("domain,address\n# customers\n\n")
        for i in range(count):
            f.write("d%d.test,192.0.2.25\n" % i)
    return path


def command(program, zone, *args):
    return [program, "batch", "--zone", zone, "--offline", "--no-check", "dnsbl",
            "--now", "1767225600", *args]


def run(cmd, **more):
    return subprocess.run(cmd, capture_output=True, timeout=300, **more)


def lines(path):
    with open(path, "rb") as f:
        return f.read().splitlines()


def reports(data):
    return [json.loads(line) for line in data.splitlines()]


class Tap:
    """Counts and prints in the Test Anything Protocol."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, what), flush=True)

    def skip(self, what, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, what, why), flush=True)

    def end(self):
        print("1..%d" % self.count, flush=True)
        return 1 if self.failed else 0
