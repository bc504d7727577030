# SPDX-License-Identifier: MIT
"""What the comparisons with other programs share: each verdict of ours beside theirs, and a table
of the differences that are known, each with its reason."""
import collections
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))

import internet  # noqa: E402 pylint: disable=wrong-import-position,unused-import

SKIPPED = 77
INSIDE = "MAILAUDIT_TEST_RESOLVER"
SHOWN = 5
STRING_MAX = 255


def need(*programs):
    """Ends the test as skipped where one of the programs is not installed."""
    for name in programs:
        if not internet.program(name):
            print(f"skipped: {name} is not installed")
            sys.exit(SKIPPED)


def module(name):
    """A Python module of another implementation, or None with a notice."""
    try:
        return __import__(name)
    except ImportError:
        print(f"# without the Python module {name}: it is not installed")
        return None


def enter():
    """Starts this test again in namespaces of its own, for ask_here(). Ends it as skipped where
    that may not be."""
    if os.environ.get(INSIDE):
        internet.lo_up()
        return
    for flags in ("-nm", "-rnm"):
        command = ["unshare", flags]
        if shutil.which("unshare") is None:
            break
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp("unshare", [*command, sys.executable, *sys.argv])
    print("skipped: namespaces are not permitted")
    sys.exit(SKIPPED)


def ask_here(folder):
    """From now on /etc/resolv.conf asks 127.0.0.1: some programs ask nobody else."""
    resolv = pathlib.Path(folder) / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:5 attempts:3\n")
    subprocess.run(["mount", "--bind", resolv, os.path.realpath("/etc/resolv.conf")], check=True)


def txt(data):
    """The RDATA of a TXT record in a zone file: strings of at most 255 bytes."""
    strings = [data[i:i + STRING_MAX] for i in range(0, len(data), STRING_MAX)] or [b""]
    plain = set(range(0x20, 0x7f)) - set(b'"\\')
    return " ".join('"' + "".join(chr(c) if c in plain else f"\\{c:03d}" for c in s) + '"'
                    for s in strings)


def zone(folder, origin, rows):
    """A zone file. rows: lines without the owner's origin."""
    path = pathlib.Path(folder) / (origin + ".zone")
    head = [f"$ORIGIN {origin}.", "$TTL 300", "@ SOA ns1 hostmaster 1 7200 3600 1209600 300",
            "@ NS ns1", "ns1 A 127.0.0.1"]
    path.write_text("\n".join(head + rows) + "\n")
    return path


class Comparison:
    """Of one other program. reasons: what is known to differ, class -> why. A difference of another
    class, and a class that no longer differs, fail the test."""

    def __init__(self, name, reasons):
        self.name, self.reasons = name, reasons
        self.compared = 0
        self.found = collections.defaultdict(list)

    def add(self, subject, same, classes, details):
        """One verdict. classes: what may explain a difference, the likeliest first."""
        self.compared += 1
        if same:
            return
        known = next((c for c in classes if c in self.reasons), None)
        self.found[known].append((subject, classes, details))

    def report(self):
        """Prints what differs; false where something is not explained."""
        differ = sum(len(rows) for rows in self.found.values())
        print(f"{self.name}: {self.compared} compared, {differ} differ")
        for known, why in self.reasons.items():
            print(f"  {len(self.found[known]):4} {known}: {why}")
        for subject, classes, details in self.found[None][:SHOWN]:
            print(f"  NOT EXPLAINED: {subject}: {', '.join(map(str, classes))}: {details}")
        unused = [known for known in self.reasons if not self.found[known]]
        for known in unused:
            print(f"  EXPLAINED IN VAIN: {known} does not differ")
        return not self.found[None] and not unused
