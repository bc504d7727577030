#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One worker sends no question twice: counted at the server, repetitions of one message aside.
usage: test_questions.py MAILAUDIT DIRECTORY-OF-NSD.PY"""
import collections
import os
import socket
import sys
import tempfile
import threading

from batchlib import Tap, command, reports, run, write_list, write_zone

sys.path.insert(1, sys.argv[2])
import nsd  # noqa: E402

COUNT = 300


class Counter(threading.Thread):
    """Hands questions on to the server and counts them by name, type and id."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.server = ("127.0.0.1", port)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.port = self.front.getsockname()[1]
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.seen = collections.defaultdict(set)
        self.clients = {}

    @staticmethod
    def question(message):
        at = 12
        while message[at]:
            at += 1 + message[at]
        return message[12:at + 3]

    def answers(self):
        while True:
            message = self.back.recv(65535)
            key = message[:2] + self.question(message)
            self.front.sendto(message, self.clients[key])

    def run(self):
        threading.Thread(target=self.answers, daemon=True).start()
        while True:
            message, client = self.front.recvfrom(65535)
            question = self.question(message)
            self.seen[question].add(message[:2])
            self.clients[message[:2] + question] = client
            self.back.sendto(message, self.server)


def main():
    tap = Tap()
    if not nsd.program():
        tap.skip("questions", "nsd is not installed")
        return tap.end()
    with tempfile.TemporaryDirectory() as folder:
        zone, targets = write_zone(folder, COUNT), write_list(folder, COUNT)
        with nsd.Nsd([zone]) as server:
            counter = Counter(server.port)
            counter.start()
            cmd = command(sys.argv[1], zone, targets, "--nameserver",
                          "127.0.0.1:%d" % counter.port)
            for word in ("--zone", zone, "--offline"):
                cmd.remove(word)
            found = reports(run(cmd).stdout)
    tap.ok(len(found) == COUNT, "%d reports" % len(found))
    asked = sum(r["score"]["questions"] for r in found)
    twice = [q for q, ids in counter.seen.items() if len(ids) > 1]
    tap.ok(not twice, "of %d questions %d were sent, none twice: %s" %
           (asked, len(counter.seen), twice[:5]))
    tap.ok(asked > len(counter.seen) + 3 * COUNT, "what they share was asked once")
    return tap.end()


sys.exit(main())
