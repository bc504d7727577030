#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Batch mode against the ceiling that dnsperf sets on the same name server, in the same run.

usage: batch.py MAILAUDIT BED [ROUNDS]

BED is a folder with nsd.conf, truth.csv, dnsbl.txt, q-nodnsbl.txt and q-full.txt (the questions
that a full audit of the first 1,000 domains asks). Without it, or without nsd and dnsperf: skipped.
Each round is dnsperf, batch, dnsperf; a round's ratio is of its batch to the mean of its two
dnsperf runs; the median of the rounds is what counts.
"""
import csv
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BARS = {"plain": .60, "with block lists": .60}
# in the bed's list, but ended: asked all the same, so that the questions are those of dnsperf
FORCE = " force"


def dnsperf(address, port, queries):
    """Questions a second."""
    out = subprocess.run(["dnsperf", "-s", address, "-p", port, "-d", queries, "-n", "3", "-b",
                          "4096", "-q", "1000", "-c", "1", "-T", "1"],
                         capture_output=True, text=True, check=True).stdout
    return float(re.search(r"Queries per second:\s+([0-9.]+)", out).group(1))


def batch(program, args, targets, count):
    """Audits a second, and the CPU seconds of all its processes."""
    before = os.times()
    begin = time.monotonic()
    subprocess.run([program, "batch", *args, targets], stdout=subprocess.DEVNULL)
    span = time.monotonic() - begin
    after = os.times()
    cpu = (after.children_user - before.children_user +
           after.children_system - before.children_system)
    return count / span, cpu / count


def measure(what, program, args, targets, count, server, queries, rounds):
    with open(queries) as f:
        per_audit = sum(1 for _ in f) / 1000
    ratios = []
    for _ in range(rounds):
        first = dnsperf(*server, queries)
        rate, cpu = batch(program, args, targets, count)
        ceiling = (first + dnsperf(*server, queries)) / 2 / per_audit
        ratios.append(rate / ceiling)
        print("  %-17s %6.0f audits/s of %6.0f: %5.1f %%, %3.0f us of CPU an audit" %
              (what, rate, ceiling, 100 * ratios[-1], cpu * 1e6), flush=True)
    ratio = statistics.median(ratios)
    print("%-19s median %5.1f %% of dnsperf's ceiling (%.1f questions an audit), bar %.0f %%" %
          (what, 100 * ratio, per_audit, 100 * BARS[what]), flush=True)
    return ratio


def prepare(bed, folder):
    """The list of targets, and the block lists with the ended ones forced."""
    targets, lists = os.path.join(folder, "targets.csv"), os.path.join(folder, "lists.txt")
    count = 0
    with open(os.path.join(bed, "truth.csv")) as rows, open(targets, "w") as out:
        for row in csv.DictReader(rows):
            out.write("%s,%s\n" % (row["domain"], row["ip"]))
            count += 1
    with open(os.path.join(bed, "dnsbl.txt")) as zones, open(lists, "w") as out:
        for zone in zones:
            out.write(zone.strip() + FORCE + "\n")
    return targets, lists, count


def main():
    program = os.path.abspath(sys.argv[1])
    bed = sys.argv[2] if len(sys.argv) > 2 else ""
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    if not os.path.exists(os.path.join(bed, "nsd.conf")) or not shutil.which("dnsperf"):
        print("skipped: needs a bed's folder as argument, and dnsperf")
        return 0
    conf = os.path.join(bed, "nsd.conf")
    with open(conf) as f:
        address, port = re.search(r"ip-address:\s*([^@\s]+)@(\d+)", f.read()).groups()
    with tempfile.TemporaryDirectory() as folder:
        targets, lists, count = prepare(bed, folder)
        common = ["--nameserver", address + ":" + port, "--workers", os.environ.get("WORKERS", "1")]
        plain = measure("plain", program, common + ["--no-check", "dnsbl"], targets, count,
                        (address, port), os.path.join(bed, "q-nodnsbl.txt"), rounds)
        full = measure("with block lists", program, common + ["--lists", lists], targets, count,
                       (address, port), os.path.join(bed, "q-full.txt"), rounds)
    good = plain >= BARS["plain"] and full >= BARS["with block lists"]
    print("the bars are %s" % ("met" if good else "not met in this run"))
    return 0  # shown, not judged: the machine may be busy


sys.exit(main())
