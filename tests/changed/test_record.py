#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""--record: what a recording holds, what a replay of it needs, and that it is whole or not there.
usage: test_record.py MAILAUDIT HELLO [KILLS]     HELLO: a plug-in
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

from runner import Tap, killed_runs, quiet

PROGRAM, PLUGIN = sys.argv[1:3]
NOW = "1767225600"
ZONE = """$ORIGIN record.example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
@ MX 10 mail
@ TXT "v=spf1 mx -all"
mail A 198.51.100.25
"""
TARGET = ["record.example", "198.51.100.25"]
FILES = ("audit.txt", "dns.txt")


class Site:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.zone = self.folder / "record.example.zone"
        self.zone.write_text(ZONE)
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config"),
                            "XDG_CONFIG_DIRS": str(self.folder / "none")}

    def run(self, *args):
        """(exit code, output, errors)"""
        done = subprocess.run([PROGRAM, *args], env=self.environment, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def command(self, folder, *args):
        return ["--offline", "--zone", str(self.zone), "--now", NOW, "--record", str(folder), *args,
                *TARGET]

    def record(self, name, *args):
        return self.run(*self.command(self.folder / name, *args))

    def replay(self, name, *args):
        return self.run("--replay", str(self.folder / name), *args)

    def lines(self, name):
        return (self.folder / name / "audit.txt").read_text().splitlines()


def test_checks(tap, site):
    live = site.record("checks", "--check", "spf,mx", "--canary", "example.net")
    lines = site.lines("checks")
    tap.ok([w for w in lines if w.startswith("check ")] ==
           ["check audit", "check mx", "check spf", "check target"], "the checks that ran", lines)
    tap.ok("setting canary example.net" in lines, "a setting that changes what is asked", lines)
    tap.ok(site.replay("checks") == live, "are those of the replay")
    other = site.replay("checks", "--check", "dmarc")[1]
    tap.ok("dmarc" in other, "unless the user chooses others", other)
    live = site.record("without", "--no-check", "dnsbl,dkim", "--profile", "strict")
    tap.ok(site.replay("without") == live and "check dkim" not in site.lines("without"),
           "--no-check, --profile", site.lines("without"))
    live = site.record("plugin", "--plugin", PLUGIN, "--check", "hello")
    code, _, err = site.replay("plugin")
    tap.ok(code == 2 and "no check is named 'hello'" in err and "--plugin" in err,
           "a check that is not there is named", err)
    again = site.replay("plugin", "--plugin", PLUGIN)
    tap.ok(again == live, "with its plug-in the replay is equal", again)


def test_files(tap, site):
    (site.folder / "secret folder").mkdir()
    for option, name, text in (("lists", "our lists", "bl.record.example ip4\n"),
                               ("psl", "our.psl", "example\n"),
                               ("policy", "our.policy", "dmarc.missing notice\n")):
        path = site.folder / "secret folder" / name
        path.write_text(text)
        live = site.record(option, f"--{option}", str(path))
        code, out, err = site.replay(option)
        tap.ok(code == 2 and not out and re.search(
            rf"{option}/audit.txt:\d+: the audit was made with --{option} '{name}'", err),
            f"--{option}: a replay without the file says so", f"{live} {err}")
        tap.ok(site.replay(option, f"--{option}", str(path)) == live, "with it, it is equal")
        text = "".join((site.folder / option / f).read_text() for f in FILES)
        tap.ok("secret folder" not in text and str(site.folder) not in text,
               "no folder is named in the recording", text)
    key = site.folder / "secret folder" / "key.pem"
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "ed25519", "-out", str(key)],
                   check=False, stderr=subprocess.DEVNULL)
    if key.exists():
        live = site.record("key", "--private-key", str(key))
        code, _, err = site.replay("key")
        tap.ok(code == live[0] and "--private-key 'key.pem'" in err,
               "--private-key: a replay without it is told of", f"{live} {err}")
        text = "".join((site.folder / "key" / f).read_text() for f in FILES)
        tap.ok(not [w for w in key.read_text().splitlines() if w in text], "the key is not in it")
    own = site.folder / "config" / "mailaudit"
    live = site.record("plain")
    own.mkdir(parents=True)
    (own / "policy").write_text("dmarc.missing notice\n")
    tap.ok(site.replay("plain") == live, "the policy of whoever replays it plays no part")
    site.record("own")
    tap.ok("file policy policy" in site.lines("own"), "the one that was found is named",
           site.lines("own"))
    shutil.rmtree(site.folder / "config")


def test_folder(tap, site):
    """It takes the place of a recording, and of nothing else."""
    target = site.folder / "precious"
    target.mkdir()
    (target / "letter.txt").write_text("dear")
    code, _, err = site.record("precious")
    tap.ok(code == 2 and "cannot write" in err and os.listdir(target) == ["letter.txt"],
           "another folder is left alone", err)
    nowhere = site.run(*site.command(site.folder / "no" / "where"))
    tap.ok(nowhere[0] == 2 and "cannot write" in nowhere[2], "a folder that cannot be made",
           nowhere[2])
    live = site.record("failed", "--now", "1")
    code, out, err = site.run("--nameserver", "127.0.0.1:9", "--timeout", "2", "--record",
                              str(site.folder / "failed"), "--now", NOW, *TARGET)
    tap.ok(code in (1, 3) and site.replay("failed") == (code, out, err) != live,
           "an audit whose questions failed is recorded and replayed", f"{code} {err}")


def damage(text, rng):
    """A recording's text with something wrong in it."""
    at = rng.randrange(len(text))
    return rng.choice([text[:at], text[:at] + text[at + 1:], text[:at] + "\x01" + text[at:],
                       text[:at] + text[at:].replace("\n", " ", 1), text[at:]])


def test_damage(tap, site, rounds=60):
    """Damaged at random it is an error that names the file, or another report; no crash."""
    rng = random.Random(5321)
    site.record("whole", "--check", "spf,mx,dmarc")
    wrong, refused = [], 0
    for _ in range(rounds):
        shutil.copytree(site.folder / "whole", site.folder / "damaged", dirs_exist_ok=True)
        file = site.folder / "damaged" / rng.choice(FILES)
        file.write_text(damage(file.read_text(), rng))
        code, out, err = site.replay("damaged", *TARGET)
        refused += code == 2
        named = str(site.folder / "damaged") in err or "no check is named" in err
        if code not in (0, 1, 2, 3) or (code == 2 and (out or not named)):
            wrong.append(f"{code}: {err}\n{file.read_text()}")
    tap.ok(not wrong and refused > 0, f"{refused} of {rounds} damaged recordings refused",
           "\n".join(wrong))


def read(folder):
    return [(folder / name).read_text() for name in FILES if (folder / name).exists()]


def test_kill(tap, site, kills):
    """SIGKILL at random moments: the old recording or the new one, never a mixture."""
    target = site.folder / "killed"
    texts = []
    for now in ("1", "2"):
        begin = time.monotonic()
        site.run(*site.command(target), "--now", now)
        span = time.monotonic() - begin
        texts.append(read(target))
    counts = [0, 0]
    killed = 0

    def start(number):
        command = site.command(target)
        return quiet([PROGRAM, *command, "--now", str(number % 2 + 1)], env=site.environment)

    for gone in killed_runs(kills, span, start):
        killed += gone
        now = read(target)
        for k, text in enumerate(texts):
            counts[k] += now == text
    tap.ok(sum(counts) == kills and killed > 0,
           f"{killed} of {kills} runs killed: always a whole recording, {counts}", read(target))


def main():
    tap = Tap()
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    with tempfile.TemporaryDirectory(prefix="mailaudit-record-") as folder:
        site = Site(folder)
        test_checks(tap, site)
        test_files(tap, site)
        test_folder(tap, site)
        test_damage(tap, site)
        test_kill(tap, site, kills)
    return tap.end()


sys.exit(main())
