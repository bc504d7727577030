#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random small DNS worlds, each policy evaluated by our evaluator, by pyspf (Debian's python3-spf)
and by Mail::SPF (libmail-spf-perl). Prints what share of verdicts differs, by class.

Left out of the worlds, as they differ by nature: ::/0, which Mail::SPF matches with IPv4 clients;
macro letters that do not exist, which it notices only when it gets there; and records that name
themselves, which pyspf calls an error before it looks whether an earlier term matches.

usage: spf_worlds.py WORLDEVAL [--worlds N] [--seed N] [--show CLASS]
Exit code 77 where neither of the two is installed.
"""
import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys

SHARE_BAR = 0.2  # per cent of verdicts that may differ
PERL = pathlib.Path(__file__).with_name("spf_worlds.pl")
NAMES = [f"n{i}.example.com" for i in range(8)]
HOSTS = [f"h{i}.example.net" for i in range(6)]
CLIENTS = ["192.0.2.1", "192.0.2.77", "198.51.100.9", "2001:db8::1", "2001:db8:5::9"]
NETWORKS = ["192.0.2.1", "192.0.2.0/24", "192.0.2.64/26", "198.51.100.0/22", "203.0.113.5",
            "0.0.0.0/0"]
NETWORKS6 = ["2001:db8::1", "2001:db8::/32", "2001:db8:5::/64", "2000::/3"]
MACROS = ["%{d}", "%{o}", "%{d2}", "%{d1r}", "%{i}", "%{ir}", "%{v}", "%{l}", "%{l-}", "%{lr-}",
          "%{h}", "%{s}", "%%", "%{d3r}"]
SENDERS = ["joe@n0.example.com", "a-b-c@n0.example.com", "Joe.Q@n0.example.com",
           "postmaster@n0.example.com"]


def spec(rng):
    if rng.random() < 0.75:
        return rng.choice(NAMES + HOSTS + HOSTS)
    return rng.choice(MACROS) + "." + rng.choice(["example.com", "example.net", "n1.example.com"])


def prefixes(rng):
    return rng.choice(["", "", "", "/24", "/32", "//64", "/26//48", "/0"])


def term(rng, others):
    kind = rng.choices(["ip4", "ip6", "a", "mx", "include", "exists", "ptr", "junk"],
                       [24, 8, 14, 9, 22, 8, 3, 1])[0]
    sign = rng.choices(["", "+", "-", "~", "?"], [70, 5, 8, 10, 7])[0]
    if kind == "ip4":
        return f"{sign}ip4:{rng.choice(NETWORKS)}"
    if kind == "ip6":
        return f"{sign}ip6:{rng.choice(NETWORKS6)}"
    if kind in ("a", "mx"):
        target = ":" + spec(rng) if rng.random() < 0.7 else ""
        return f"{sign}{kind}{target}{prefixes(rng)}"
    if kind == "ptr":
        return sign + rng.choice(["ptr", "ptr:example.net"])
    if kind == "junk":
        return rng.choice(["ipv4:192.0.2.1", "a:", "ip4:192.0.2.300", "all:x", "x-y=%{d}", "mx/33",
                           "include:%(d)", "moo.cow=far"])
    return f"{sign}{kind}:{rng.choice(others) if kind == 'include' else spec(rng)}"


def record(rng, own):
    others = [name for name in NAMES if name != own]
    count = rng.choices(range(6), [6, 22, 26, 24, 14, 8])[0]
    terms = [term(rng, others) for _ in range(count)]
    end = rng.choices(["-all", "~all", "?all", "+all", "", "redirect"], [40, 18, 8, 3, 16, 15])[0]
    if end == "redirect":
        end = f"redirect={rng.choice(others)}"
    text = " ".join(["v=spf1", *terms, end]).rstrip()
    return text if len(text) <= 250 else "v=spf1 -all"


def make_world(rng):
    rows = []
    for i, name in enumerate(NAMES):
        chance = rng.random()
        if i == 0 or chance < 0.86:
            rows.append(f"{name} TXT {record(rng, name)}")
        elif chance < 0.88:
            rows += [f"{name} TXT {record(rng, name)}", f"{name} TXT v=spf1 ?all"]
        elif chance < 0.90:
            rows.append(f"{name} TXT !timeout")
        elif chance < 0.93:
            rows.append(f"{name} TXT v=spf10 -all")
        if rng.random() < 0.6:
            rows += [f"{name} MX {10 * k} {h}" for k, h in
                     enumerate(rng.sample(HOSTS, rng.choice([1, 1, 2, 3])), 1)]
        if rng.random() < 0.6:
            rows.append(f"{name} A {rng.choice(CLIENTS[:3] + ['203.0.113.7'])}")
    for host in HOSTS:
        if rng.random() < 0.9:
            rows.append(f"{host} A {rng.choice(CLIENTS[:3] + ['203.0.113.8'])}")
            if rng.random() < 0.9:
                rows.append(f"{host} AAAA {rng.choice(CLIENTS[3:] + ['2001:db8:9::1'])}")
        elif rng.random() < 0.3:
            rows.append(f"{host} A !timeout")
    for name in ("1.2.0.192.in-addr.arpa", "77.2.0.192.in-addr.arpa"):
        if rng.random() < 0.7:
            rows.append(f"{name} PTR {rng.choice(HOSTS)}")
    return rows, rng.choice(CLIENTS), rng.choice(HOSTS), rng.choice(SENDERS)


# ---- the evaluators -------------------------------------------------------------------------


def script(worlds):
    lines = []
    for rows, client, helo, sender in worlds:
        lines += ["world", *(f"rr {row}" for row in rows), f"eval {client}\t{helo}\t{sender}"]
    return "\n".join(lines) + "\n"


def by_program(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def by_pyspf(spf, worlds):
    results = []
    for rows, client, helo, sender in worlds:
        sets = collections.defaultdict(list)
        for row in rows:
            name, kind, rdata = row.split(" ", 2)
            sets[name, kind].append(rdata)
        spf.DNSLookup = lambda name, kind, *_a, _s=sets, **_k: pyspf_answer(spf, _s, name, kind)
        try:
            results.append(spf.query(i=client, s=sender, h=helo, receiver="unknown",
                                     querytime=0).check()[0])
        except Exception as e:  # pylint: disable=broad-except
            results.append("died: " + type(e).__name__)
    return results


def pyspf_answer(spf, sets, name, kind):
    answers = []
    for rdata in sets.get((name.lower().rstrip("."), kind), []):
        if rdata.startswith("!"):
            raise spf.TempError("time-out")
        value = rdata
        if kind == "TXT":
            value = (rdata.encode(),)
        elif kind == "MX":
            value = (int(rdata.split()[0]), rdata.split()[1])
        answers.append(((name, kind), value))
    return answers


# ---- what differs ---------------------------------------------------------------------------

# enum ma_spf_problem_kind
PROBLEMS = ["no problem", "syntax", "several records", "look-up limit", "void limit", "mx limit",
            "include of nothing", "redirect to nothing", "loop", "void", "look-up failed", "cut"]


def class_of(rows, ours, theirs):
    """ours: RESULT LOOKUPS VOIDS EXPLANATION PROBLEM. Where a reading of the RFC is behind it,
    docs/spf-decisions.md has ours."""
    result, lookups, voids, problem = ours[0], int(ours[1]), int(ours[2]), PROBLEMS[int(ours[4])]
    has = " ".join(rows).__contains__
    why = "WITHOUT EXPLANATION"
    if theirs == "permerror" and voids > 0:
        why = "it counts void look-ups one by one, not by term (4.6.4)"
    elif theirs == "permerror" and lookups > 5 and has(" redirect="):
        why = "it counts a redirect= when it meets it, followed or not (4.6.4)"
    elif problem == "void limit" and has("ptr"):
        why = "it does not count a ptr whose names have no address as void (4.6.4)"
    elif theirs == "temperror":
        why = "a failed look-up of a host behind mx or ptr that did not matter (5.4, 5.5)"
    elif problem == "syntax":
        why = "it looks at macros only when it gets there; a fault anywhere is a permerror (4.6)"
    return f"{result} ({problem}) / {theirs}: {why}"


def compare(name, worlds, ours, theirs, show):
    classes = collections.Counter()
    for world, mine, other in zip(worlds, ours, theirs):
        if mine[0] == other:
            continue
        key = class_of(world[0], mine, other)
        classes[key] += 1
        if show and show in key and classes[key] <= 3:
            print("\n".join(["", key, str(mine), *world[0], str(world[1:])]))
    share = 100 * sum(classes.values()) / len(worlds)
    print(f"{name}: {sum(classes.values())} of {len(worlds)} verdicts differ, {share:.3f} %")
    for key, count in classes.most_common():
        print(f"  {count:6d}  {key}")
    return share


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worldeval")
    parser.add_argument("--worlds", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    worlds = [make_world(rng) for _ in range(options.worlds)]
    text = script(worlds)
    ours = by_program([options.worldeval], text)
    print("ours:", dict(collections.Counter(row[0] for row in ours).most_common()))
    shares = []
    try:
        import spf  # pylint: disable=import-outside-toplevel
        shares.append(compare("pyspf", worlds, ours, by_pyspf(spf, worlds), options.show))
    except ImportError:
        print("pyspf: skipped, python3-spf is not installed")
    perl = shutil.which("perl")
    if perl and subprocess.run([perl, "-MMail::SPF", "-e", "1"], capture_output=True,
                               check=False).returncode == 0:
        theirs = [row[0] for row in by_program([perl, str(PERL)], text)]
        shares.append(compare("Mail::SPF", worlds, ours, theirs, options.show))
    else:
        print("Mail::SPF: skipped, libmail-spf-perl is not installed")
    if not shares:
        return 77
    return 1 if max(shares) > SHARE_BAR else 0


if __name__ == "__main__":  # tests/spf/flat.py makes its worlds here, too
    sys.exit(main())
