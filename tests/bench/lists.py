#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sixty block lists, every answer 20 ms late: one audit asks them all at once. And with one of them
dead - no question about it is answered: the audit ends within that list's own deadline, and of the
other lists it says the same.

usage: lists.py MAILAUDIT DELAY
"""
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import measure
import nsd

LISTS = [f"bl{i:02}.example" for i in range(60)]
DEAD = LISTS[30]
LISTED = LISTS[7]
ADDRESS = "198.18.0.10"
RUNS = 7
DELAY_MSECS = 20
BAR_MSECS = 100
DEAD_BAR_MSECS = 2000


def zone(folder):
    """All lists in one zone: each with the test entries of RFC 5782, one lists the address."""
    rows = ["$ORIGIN example.", "$TTL 300", "@ SOA ns hostmaster 1 7200 3600 1209600 60", "@ NS ns"]
    rows += [f"2.0.0.127.{name}. A 127.0.0.2" for name in LISTS]
    rows += [f'10.0.18.198.{LISTED}. A 127.0.0.2', f'10.0.18.198.{LISTED}. TXT "spam"']
    path = folder / "example.zone"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def audit(mailaudit, lists, port):
    """Wall time in ms, and the states of all lists."""
    wall, _, code, output = measure.run(
        mailaudit, *measure.NOW, "--check", "dnsbl", "--lists", lists, "--format", "json",
        "--role", "sends-only", "--nameserver", f"127.0.0.1:{port}", "shop.example", ADDRESS,
    )
    assert code in (0, 1, 3), f"the audit ended with {code}"
    rows = json.loads(output)["checks"]["dnsbl"]["lists"]
    return wall, {row["zone"]: row["state"] for row in rows}


@contextlib.contextmanager
def delayed(delay, server, *dead):
    port = nsd.free_port()
    command = [delay, str(port), str(server.port), str(DELAY_MSECS), *dead]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as forwarder:
        yield port
        forwarder.stdin.close()


def runs(mailaudit, lists, delay, server, *dead):
    with delayed(delay, server, *dead) as port:
        return [audit(mailaudit, lists, port) for _ in range(RUNS)]


def main():
    mailaudit, delay = sys.argv[1:]
    if not nsd.program():
        print("skipped: nsd is not installed")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lists = folder / "lists.txt"
        lists.write_text("".join(f"{zone_name} ip4\n" for zone_name in LISTS), encoding="utf-8")
        with nsd.Nsd([zone(folder)]) as server:
            alive = runs(mailaudit, lists, delay, server)
            dead = runs(mailaudit, lists, delay, server, DEAD)
    due = dict.fromkeys(LISTS, "clean") | {LISTED: "listed"}
    for _, states in alive:
        assert states == due, states
    for _, states in dead:
        assert states == due | {DEAD: "unknown"}, states
    print(f"{len(LISTS)} lists, {DELAY_MSECS} ms an answer, {RUNS} runs each")
    measure.verdict(
        "all alive, median", statistics.median(wall for wall, _ in alive), BAR_MSECS, "ms")
    measure.verdict(
        "one dead, slowest", max(wall for wall, _ in dead), DEAD_BAR_MSECS, "ms")
    sys.exit(0)  # time is shown, not judged: the machine may be busy


main()
