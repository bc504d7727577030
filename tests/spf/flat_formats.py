#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Are the lists of `mailaudit flatten` what the programs take that they are for? Postfix looks them
up (postmap), postgrey answers policy requests by them. What is not installed is skipped.

usage: flat_formats.py PROGRAM
Prints TAP.
"""
import grp
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ZONE = """$ORIGIN example.com.
@ 3600 IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
ns IN A 192.0.2.53
@ IN TXT ( "v=spf1 a:mail.example.com -ip4:198.51.100.7 ip4:198.51.100.0/25 "
  "ip4:198.51.100.128/25 include:out.example.com exists:%{i}.x.example.com ~all" )
out IN TXT "v=spf1 ip4:203.0.113.0/26 ip6:2001:db8:1::/48 ?all"
mail IN A 192.0.2.10
mail IN AAAA 2001:db8::10
"""
PASS = ["192.0.2.10", "198.51.100.0", "198.51.100.6", "198.51.100.8", "198.51.100.255",
        "203.0.113.63", "2001:db8::10", "2001:db8:1:ffff::1"]
OTHERS = ["192.0.2.11", "198.51.100.7", "203.0.113.64", "2001:db8::11", "2001:db8:2::"]
WAIT_SECS = 10


def flatten(program, place, name):
    zone = pathlib.Path(place) / "example.com.zone"
    zone.write_text(ZONE)
    done = subprocess.run([program, "flatten", "example.com", "--offline", "--zone", str(zone),
                           "--format", name], capture_output=True, text=True, check=False)
    path = pathlib.Path(place) / f"{name}.list"
    path.write_text(done.stdout)
    path.chmod(0o644)
    return path


def by_postmap(path):
    """Those that the table has."""
    config = path.parent / "config"
    config.mkdir()
    (config / "main.cf").write_text("compatibility_level = 3.6\n")
    found = []
    for address in PASS + OTHERS:
        done = subprocess.run(["/usr/sbin/postmap", "-c", str(config), "-q", address,
                               f"cidr:{path}"], capture_output=True, text=True, check=False)
        if done.stdout == "permit\n":
            found.append(address)
        if done.stderr:
            print(f"# {done.stderr.strip()}")
    return found


def is_listening(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(str(path)) == 0


def ask_postgrey(path, address):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(WAIT_SECS)
        s.connect(str(path))
        s.sendall((f"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={address}\n"
                   "client_name=unknown\nsender=a@example.org\nrecipient=b@example.net\n"
                   f"instance={address}\n\n").encode())
        return s.recv(1000).decode()


def by_postgrey(path):
    """Those that are let in at once. None: it did not start."""
    socket_path, log = path.parent / "socket", path.parent / "log"
    (path.parent / "db").mkdir()
    with open(log, "w", encoding="utf-8") as out:
        server = subprocess.Popen(  # pylint: disable=consider-using-with
            ["/usr/sbin/postgrey", f"--unix={socket_path}", f"--dbdir={path.parent}/db",
             f"--whitelist-clients={path}", "--whitelist-recipients=/dev/null",
             f"--user={pwd.getpwuid(os.getuid()).pw_name}",
             f"--group={grp.getgrgid(os.getgid()).gr_name}"], stdout=out, stderr=out)
    try:
        ends = time.monotonic() + WAIT_SECS
        while not is_listening(socket_path) and server.poll() is None and time.monotonic() < ends:
            time.sleep(0.05)
        if not is_listening(socket_path):
            print(f"# {log.read_text()[-400:]!r}")
            return None
        return [a for a in PASS + OTHERS if "DUNNO" in ask_postgrey(socket_path, a)]
    finally:
        server.kill()
        server.wait()


def keeps_the_old_list(program):
    """A list with networks missing takes no other one's place, unless that is asked for."""
    with tempfile.TemporaryDirectory(prefix="mailaudit-flat-") as place:
        path = flatten(program, place, "cidr")
        zone = path.parent / "example.com.zone"
        zone.write_text(ZONE.replace("include:out.example.com", "include:out.example.net"))
        before = path.read_bytes()
        command = [program, "flatten", "example.com", "--offline", "--zone", str(zone),
                   "--output", str(path)]
        kept = subprocess.run(command, capture_output=True, text=True, check=False)
        same = path.read_bytes() == before
        asked = subprocess.run([*command, "--incomplete-ok"], capture_output=True, check=False)
        return (kept.returncode == 3 and same and "left as it was" in kept.stderr
                and asked.returncode == 0 and b"INCOMPLETE" in path.read_bytes())


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    wrong = 0
    print("1..3")
    for number, (name, needs, reader) in enumerate(
            [("postfix", "postmap", by_postmap), ("postgrey", "postgrey", by_postgrey)], 1):
        if not shutil.which(needs, path="/usr/sbin"):
            print(f"ok {number} - {name} # SKIP {needs} is not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="mailaudit-flat-") as place:
            found = reader(flatten(program, place, name))
        good = found == PASS
        wrong += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# lets in {found}")
    good = keeps_the_old_list(program)
    wrong += not good
    print(f"{'ok' if good else 'not ok'} 3 - the old list is kept")
    sys.exit(1 if wrong else 0)


main()
