#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Proves the flattening of policies in random small worlds: an address is in the networks if and
only if the evaluator passes it, and the flat record evaluates to the same result, whatever that is,
as the record that it is made of.

Left out of the comparison is what flattening is there to change: results that come from a limit of
RFC 7208 4.6.4. What is in no network (exists, ptr, macros, failed look-ups) must have been said.

usage: flat.py WORLDEVAL [--worlds N] [--seed N] [--show]
Prints TAP.
"""
import argparse
import collections
import ipaddress
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import spf_worlds  # pylint: disable=import-error,wrong-import-position

DOMAIN = spf_worlds.NAMES[0]
SENDERS = ["joe@n0.example.com", "a-b-c@n0.example.com"]
HELO = "h1.example.net"
LIMITS = {"look-up limit", "void limit", "mx limit"}
EDGES = ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.63", "192.0.2.64", "192.0.2.77",
         "192.0.2.127", "192.0.2.128", "192.0.3.0", "198.51.99.255", "198.51.100.9",
         "198.51.103.255", "198.51.104.0", "203.0.113.4", "203.0.113.5", "203.0.113.7",
         "203.0.113.8", "0.0.0.0", "255.255.255.255", "2001:db8::1", "2001:db8::2",
         "2001:db8:5::9", "2001:db8:5:0:ffff::", "2001:db8:5:1::", "2001:db8:9::1", "2001:db9::",
         "2000::", "4000::", "::1", "::ffff:192.0.2.1"]
NETWORKS = ["192.0.2.1", "192.0.2.0/24", "192.0.2.64/26", "192.0.2.76/30", "198.51.100.0/22"]


def with_exclusions(rng, rows):
    """The worlds have few: "-ip4:" before a wider grant is what flattening has to get right."""
    for i, row in enumerate(rows):
        name, kind, text = row.split(" ", 2)
        if kind == "TXT" and text.startswith("v=spf1 ") and rng.random() < 0.4:
            sign = rng.choice("-~?-")
            rows[i] = f"{name} TXT v=spf1 {sign}ip4:{rng.choice(NETWORKS)} {text[7:]}"
    return rows


def evaluations():
    return [f"eval {address}\t{HELO}\t{sender}" for address in EDGES for sender in SENDERS]


def run(worldeval, lines):
    done = subprocess.run([worldeval], input="\n".join(lines) + "\n", capture_output=True,
                          text=True, check=True)
    if done.stderr:
        sys.exit(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


def problem(row):
    return spf_worlds.PROBLEMS[int(row[4])]


def unmapped(address):
    ip = ipaddress.ip_address(address)
    return getattr(ip, "ipv4_mapped", None) or ip


def is_in(networks, address):
    ip = unmapped(address)
    return any(ip in network for network in networks)


def check_networks(flat, results, fault):
    """Returns how many addresses were compared."""
    state, compared = flat[0], 0
    networks = [ipaddress.ip_network(text) for text in flat[1].split()]
    for version in (4, 6):
        mine = [n for n in networks if n.version == version]
        if list(ipaddress.collapse_addresses(mine)) != mine:
            fault("the networks are not aggregated")
    for index, row in enumerate(results):
        address = EDGES[index // len(SENDERS)]
        if problem(row) in LIMITS or (row[0] == "temperror" and "f" in state):
            continue
        if row[0] == "temperror" and "o" not in state:
            fault(f"{address} is temperror, but nothing failed")
        elif row[0] == "permerror" and "b" not in state and "o" not in state:
            fault(f"{address} is permerror, but nothing is broken")
        if "o" in state:
            continue
        compared += 1
        if is_in(networks, address) != (row[0] == "pass"):
            fault(f"{address} is {row[0]}, in the networks: {is_in(networks, address)}")
    return compared


def check_record(before, after, fault):
    compared = 0
    for index, (old, new) in enumerate(zip(before, after)):
        if problem(old) in LIMITS:
            continue
        compared += 1
        if old[0] != new[0]:
            fault(f"{EDGES[index // len(SENDERS)]} is {old[0]}, by the flat record {new[0]}")
    return compared


def flat_rows(rows, records):
    """The world with the flat record and those that it includes."""
    rows = [row for row in rows if not row.startswith(f"{DOMAIN} TXT ")]
    return rows + [f"{owner} TXT {text}" for owner, text in zip(records[::2], records[1::2])]


def is_sound(rows):
    """One record of the domain itself, without a fault of syntax: what there is to flatten."""
    return sum(row.startswith(f"{DOMAIN} TXT v=spf1") for row in rows) == 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worldeval")
    parser.add_argument("--worlds", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    worlds = [with_exclusions(rng, spf_worlds.make_world(rng)[0]) for _ in range(options.worlds)]
    lines = []
    for rows in worlds:
        lines += ["world", *(f"rr {row}" for row in rows), f"flat {DOMAIN}", *evaluations()]
    size = 1 + len(evaluations())
    answers = run(options.worldeval, lines)
    blocks = [answers[i:i + size] for i in range(0, len(answers), size)]
    again = []
    for rows, block in zip(worlds, blocks):
        again += ["world", *(f"rr {row}" for row in flat_rows(rows, block[0][3:])), *evaluations()]
    second = run(options.worldeval, again)
    counts, faults = collections.Counter(), []
    for i, (rows, block) in enumerate(zip(worlds, blocks)):
        found = []
        counts["networks"] += check_networks(block[0], block[1:], found.append)
        if is_sound(rows) and "l" not in block[0][0] and "syntax" not in block[0][2].split():
            after = second[i * (size - 1):(i + 1) * (size - 1)]
            counts["records"] += check_record(block[1:], after, found.append)
        counts["complete"] += "o" not in block[0][0]
        if found and options.show and len(faults) < 3:
            print("\n".join(["#", *("# " + row for row in rows), "# " + " | ".join(block[0]),
                             *("# " + text for text in found[:4])]))
        if found:
            faults.append(f"world {i}: {found[0]}")
    print("1..1")
    print(f"{'not ok' if faults else 'ok'} 1 - flattened policies")
    for fault in faults[:10]:
        print(f"# {fault}")
    print(f"# {counts['complete']} of {len(worlds)} worlds are all networks: {counts['networks']} "
          f"addresses compared; {counts['records']} results of flat records compared; "
          f"{len(faults)} worlds with a difference")
    return 1 if faults or not counts["networks"] or not counts["records"] else 0


sys.exit(main())
