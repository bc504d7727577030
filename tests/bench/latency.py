#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One audit over a slow network: the demo's zones served by nsd, every answer 20 ms late.

The fixture's longest chain of look-ups that need each other's answers has four links: the MX RRset
of example.com; the addresses of mail.example.com; for each of them the PTR RRset (and the block
lists); the addresses of the name that it holds (or the text of a listing). The SPF tree has three:
the record; its include and MX; the addresses of the MX host.

usage: latency.py MAILAUDIT DELAY
"""
import json
import statistics
import subprocess
import sys

import measure
import nsd

RUNS = 9
DELAY_MSECS = 20
CHAIN = 4
BAR_MSECS = 1.3 * CHAIN * DELAY_MSECS + 30


def audit(mailaudit, port):
    """Wall time of an audit in ms, and its report."""
    wall, _, code, output = measure.run(
        mailaudit, *measure.NOW, "--nameserver", f"127.0.0.1:{port}", "--format", "json",
        "example.com",
    )
    assert code in (0, 1), f"the audit ended with {code}"
    return wall, json.loads(output)


def main():
    mailaudit, delay = sys.argv[1:]
    if not nsd.program():
        print("skipped: nsd is not installed")
        sys.exit(77)
    with nsd.Nsd(measure.ZONES) as server:
        undelayed, report = audit(mailaudit, server.port)
        port = nsd.free_port()
        with subprocess.Popen(
            [delay, str(port), str(server.port), str(DELAY_MSECS)], stdin=subprocess.PIPE
        ) as forwarder:
            runs = [audit(mailaudit, port) for _ in range(RUNS)]
            forwarder.stdin.close()
    for _, delayed in runs:
        assert delayed == report, "the delay changed the report"
    assert report["score"]["unanswered"] == 0, "a question was not answered"
    walls = [wall for wall, _ in runs]
    print(
        f"{report['score']['questions']} questions, chain of {CHAIN} x {DELAY_MSECS} ms; "
        f"{undelayed:.1f} ms without delay; {RUNS} runs, fastest {min(walls):.1f} ms, "
        f"slowest {max(walls):.1f} ms"
    )
    measure.verdict("wall time, median", statistics.median(walls), BAR_MSECS, "ms")
    sys.exit(0)  # time is shown, not judged: the machine may be busy


main()
