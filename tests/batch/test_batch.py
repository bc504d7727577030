#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Batch mode as its users run it: forms of input and output, order, shards, bad lines, a crashing
target, a full disk, a closed pipe, signals. usage: test_batch.py MAILAUDIT CRASHING-PLUGIN"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from batchlib import Tap, command, lines, reports, run, write_list, write_zone

COUNT = 500


def forms_of_input(tap, program, zone):
    text = ("domain,addresses\n"
            "D1.test,192.0.2.25,2001:db8::25\n"
            "# a remark\n"
            "\n"
            " d2.test \r\n"
            '{"domain": "d3.test", "addresses": ["192.0.2.9", "mail.test"], "label": "customer 3", '
            '"helo": "mail.test", "sender": "a@d3.test", "role": "sends-only", '
            '"selectors": ["x"]}\n'
            "no-dot\n"
            '{"domain": "d4.test", "adresses": []}\n'
            '{"domain": \n'
            "d5.test,192.0.2.300\n"
            "d6.test")
    p = run(command(program, zone, "--ordered"), input=text.encode())
    r = reports(p.stdout)
    tap.ok([x["line"] for x in r] == [2, 5, 6, 7, 8, 9, 10, 11], "every target line has its report")
    tap.ok([x["target"]["domain"] for x in r[:3]] == ["d1.test", "d2.test", "d3.test"], "domains")
    tap.ok(r[0]["target"]["addresses"] == ["192.0.2.25", "2001:db8::25"], "addresses of a CSV line")
    t = r[2]["target"]
    tap.ok(r[2]["label"] == "customer 3" and t["helo"] == "mail.test" and
           t["sender"] == "a@d3.test" and t["role"] == "sends-only" and
           t["addresses"] == ["192.0.2.9", "192.0.2.25"], "options of an NDJSON line")
    why = [x["failure"] for x in r[3:7]]
    tap.ok(all(x["status"] == "failed" for x in r[3:7]), "bad lines are failed targets")
    tap.ok("no dot" in why[0] and "adresses" in why[1] and "JSON" in why[2] and
           "192.0.2.300" in why[3], "and say why: %s" % why)
    tap.ok(r[7]["status"] == "incomplete" or r[7]["status"] == "complete", "no newline at the end")


def forms_of_output(tap, program, zone, targets, folder):
    single = run([program, "--zone", zone, "--offline", "--no-check", "dnsbl", "--now",
                  "1767225600", "--format", "json", "d7.test", "192.0.2.25"]).stdout
    out = os.path.join(folder, "out.ndjson")
    p = run(command(program, zone, targets, "--output", out, "--workers", "2"))
    tap.ok(p.returncode in (0, 1, 3) and len(lines(out)) == COUNT, "a report for each target")
    mine = [json.loads(x) for x in lines(out) if b'"domain":"d7.test"' in x]
    mine[0]["line"] = None
    tap.ok(mine == [json.loads(single)], "the same report as of the single audit")
    tap.ok(not os.path.exists(out + ".partial"), "nothing is left beside it")
    ordered = run(command(program, zone, targets, "--ordered", "--workers", "2")).stdout
    tap.ok([x["line"] for x in reports(ordered)] == list(range(4, COUNT + 4)), "--ordered")
    tap.ok(sorted(ordered.splitlines()) == sorted(lines(out)), "the same set in any order")
    csv = run(command(program, zone, targets, "--format", "csv")).stdout.decode().splitlines()
    tap.ok(len(csv) == COUNT + 1 and csv[0].startswith("line,label,domain,"), "CSV")
    folder = os.path.join(folder, "reports")
    run(command(program, zone, targets, "--output-dir", folder, "--format", "text"))
    names = sorted(os.listdir(folder))
    tap.ok(len(names) == COUNT and names[0] == "00000004-d0.test.txt", "a folder of reports")
    os.remove(os.path.join(folder, names[5]))
    run(command(program, zone, targets, "--output-dir", folder, "--format", "text", "--resume"))
    tap.ok(sorted(os.listdir(folder)) == names, "a folder is resumed")
    return out


def shards(tap, program, zone, targets, whole):
    parts = [run(command(program, zone, targets, "--shard", "%d/3" % i)).stdout.splitlines()
             for i in (1, 2, 3)]
    tap.ok(sorted(sum(parts, [])) == sorted(lines(whole)), "three shards are the whole")
    tap.ok(min(map(len, parts)) > COUNT / 5, "of about the same size: %s" % list(map(len, parts)))


def summary(tap, program, whole):
    p = run([program, "summary", whole, "--format", "json"])
    s = json.loads(p.stdout)
    r = [json.loads(x) for x in lines(whole)]
    tap.ok(s["targets"] == COUNT and sum(s["grades"].values()) == COUNT, "summary counts targets")
    for rule in s["findings"]:
        have = sum(any(f["rule"] == rule["rule"] for f in x["findings"]) for x in r)
        if have != rule["targets"]:
            tap.ok(False, "summary of %s: %d, not %d" % (rule["rule"], rule["targets"], have))
    p = run([program, "summary", whole])
    tap.ok(b"commonest findings" in p.stdout, "summary as text")
    p = run([program, "summary", "/dev/null", "/nonexistent"])
    tap.ok(p.returncode == 2 and b"/nonexistent" in p.stderr, "a file that is not there")


def crash(tap, program, zone, plugin):
    text = "".join("d%d.test\n" % i for i in range(50)) + "crash.d1.test\n" + \
        "".join("d%d.test\n" % i for i in range(50, 100)) + "hang.d1.test\n"
    p = run(command(program, zone, "--plugin", plugin, "--ordered"), input=text.encode(),
            env=dict(os.environ, ASAN_OPTIONS="handle_segv=0:handle_abort=0"))
    r = reports(p.stdout)
    tap.ok(len(r) == 102, "a crash loses no target")
    bad = [x for x in r if x["status"] == "failed"]
    tap.ok([x["target"]["domain"] for x in bad] == ["crash.d1.test"] and
           "crashed" in bad[0]["failure"], "the crashing target is named: %s" %
           [x["failure"] for x in bad])


def errors(tap, program, zone, targets, folder):
    p = run(command(program, zone, targets, "--output", "/dev/full"))
    tap.ok(p.returncode == 2 and b"/dev/full" in p.stderr, "a full disk is an error: %s" % p.stderr)
    p = run(command(program, zone, targets, "--output", os.path.join(folder, "no", "out")))
    tap.ok(p.returncode == 2 and b"cannot write" in p.stderr, "a folder that is not there")
    read, write = os.pipe()
    os.close(read)
    p = subprocess.run(command(program, zone, targets), stdout=write, stderr=subprocess.PIPE,
                       timeout=60)
    os.close(write)
    tap.ok(p.returncode == 2 and b"Broken pipe" in p.stderr, "a closed pipe is an error")
    for args, word in ((["--resume"], b"--resume"), (["a", "b"], b"one list"),
                       (["--shard", "4/3"], b"--shard"), (["--memory", "1"], b"--memory"),
                       (["--format", "text"], b"text"), (["/nonexistent"], b"/nonexistent"),
                       (["--workers", "0"], b"--workers"), ([folder], b"directory")):
        p = run(command(program, zone, *args), stdin=subprocess.DEVNULL)
        tap.ok(p.returncode == 2 and word in p.stderr, "usage: %s: %s" % (args, p.stderr[:80]))
    p = run(command(program, zone + ".not", targets))
    tap.ok(p.returncode == 2 and p.stdout == b"", "a zone file that is not there: %s" % p.stderr)


def signals(tap, program, zone, folder):
    """A stream that does not end: what is done is written, and the next run goes on."""
    out = os.path.join(folder, "signal.ndjson")
    p = subprocess.Popen(command(program, zone, "--output", out), stdin=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    for i in range(20):
        p.stdin.write(b"d%d.test\n" % i)
    p.stdin.flush()
    end = time.monotonic() + 20
    while time.monotonic() < end and not (os.path.exists(out + ".partial") and
                                          len(lines(out + ".partial")) == 20):
        time.sleep(.05)
    p.send_signal(signal.SIGUSR1)
    time.sleep(.3)
    p.send_signal(signal.SIGTERM)
    p.wait(timeout=20)
    _, err = p.communicate()
    tap.ok(p.returncode == 128 + signal.SIGTERM, "SIGTERM ends it")
    tap.ok(b"20 done" in err, "SIGUSR1 says how far it is: %s" % err)
    tap.ok(len(lines(out + ".partial")) == 20 and not os.path.exists(out),
           "what was finished is written")
    text = b"".join(b"d%d.test\n" % i for i in range(25))
    run(command(program, zone, "--output", out, "--resume"), input=text)
    r = [json.loads(x) for x in lines(out)]
    tap.ok(sorted(x["line"] for x in r) == list(range(1, 26)), "and --resume goes on")
    run(command(program, zone, "--output", out, "--resume"), input=text)
    tap.ok(len(lines(out)) == 25, "a batch that is complete is resumed as such")
    p = run(command(program, zone, "--output", out, "--resume"), input=text.replace(b"d3", b"e3"))
    tap.ok(p.returncode == 2 and b":4:" in p.stderr, "another list is noticed: %s" % p.stderr)


def main():
    program, plugin = sys.argv[1:3]
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        zone, targets = write_zone(folder, COUNT), write_list(folder, COUNT)
        forms_of_input(tap, program, zone)
        whole = forms_of_output(tap, program, zone, targets, folder)
        shards(tap, program, zone, targets, whole)
        summary(tap, program, whole)
        crash(tap, program, zone, plugin)
        errors(tap, program, zone, targets, folder)
        signals(tap, program, zone, folder)
    return tap.end()


sys.exit(main())
