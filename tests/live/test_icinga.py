#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Icinga 2 itself runs the plug-in for four domains, with the check command and the service of
docs/monitoring. What it makes of state and performance data stands in its debug log, as what it
would send to a Graphite. (Nothing listens there: its timers, reconnection among them, do not run in
every sandbox.)

usage: test_icinga.py MAILAUDIT
"""
import grp
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import monitored
import nsd

ICINGA = shutil.which("icinga2", path=os.environ.get("PATH", "") + ":/usr/sbin")

MAIN = """
const PluginDir = "{plugins}"
const NodeName = "localhost"
const ZoneName = NodeName
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object CheckerComponent "checker" {{ }}
object GraphiteWriter "graphite" {{
  host = "127.0.0.1"
  port = "1"
  enable_send_thresholds = true
  enable_send_metadata = true
}}
object CheckCommand "nothing" {{ command = [ "/bin/true" ] }}
include "{files}/icinga2-command.conf"
include "{dir}/service.conf"
"""

HOST = """
object Host "mail" {{
  check_command = "nothing"
  address = "127.0.0.1"
{domains}
}}
apply Service "rbl" {{
  check_command = "mailaudit-rbl"
  check_interval = 2s
  retry_interval = 2s
  vars.mailaudit_host = "203.0.114.12"
  vars.mailaudit_lists = [ "{list}", "wl.test" ]
  vars.mailaudit_warning = 1
  vars.mailaudit_critical = 2
  vars.mailaudit_nameserver = "{server}"
  assign where true
}}
"""

DOMAIN = """
  vars.mail_domains["{domain}"] = {{
    mailaudit_nameserver = "{server}"
    mailaudit_checks = "{checks}"
    mailaudit_lists = [ "{list}" ]
    mailaudit_critical = "40:"
  }}
"""


METRIC = re.compile(r"metric list: 'icinga2\.mail\.services\.([^.]+)\.[^.]+\.(\S+) (\S+) \d+'")


class Icinga(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="mailaudit-icinga-")))
        self.dir.chmod(0o755)
        for name in ("data", "cache", "run", "spool", "logs"):
            (self.dir / name).mkdir()
        self.plugins = monitored.plugins(self.dir, sys.argv[1])

    def command(self, *more):
        user = pwd.getpwuid(os.getuid()).pw_name
        group = grp.getgrgid(os.getgid()).gr_name
        places = {"DataDir": "data", "CacheDir": "cache", "InitRunDir": "run", "SpoolDir": "spool",
                  "LogDir": "logs"}
        words = [ICINGA, "daemon", "-c", str(self.dir / "icinga2.conf"), "-x", "debug"]
        for name, place in places.items():
            words += ["-D", f"Configuration.{name}={self.dir / place}"]
        words += ["-D", f"Configuration.RunAsUser={user}",
                  "-D", f"Configuration.RunAsGroup={group}"]
        return words + list(more)

    def configure(self, server):
        domains = "".join(
            DOMAIN.format(domain=d, server=server, checks=monitored.CHECKS, list=monitored.LIST)
            for d in monitored.DOMAINS)
        text = MAIN.format(plugins=self.plugins, dir=self.dir, files=monitored.FILES)
        text += HOST.format(domains=domains, server=server, list=monitored.LIST)
        (self.dir / "icinga2.conf").write_text(text)
        # but every two seconds: the first check of a service comes within its interval
        service = (monitored.FILES / "icinga2-service.conf").read_text()
        (self.dir / "service.conf").write_text(service.replace("1h\n", "2s\n"))

    def log(self):
        return (self.dir / "out").read_text(errors="replace")

    def everything(self):
        """{service: {"metadata.state": ..., "perfdata.score.value": ...}}, once all are there."""
        found = {}
        for service, path, value in METRIC.findall(self.log()):
            found.setdefault(service, {})[path] = value
        done = [f for f in found.values() if "perfdata.unanswered.value" in f]  # the last of each
        return found if len(done) == len(monitored.DOMAINS) + 1 else None

    def test_four_domains(self):
        with monitored.server() as server:
            self.configure(server.address)
            done = subprocess.run(self.command("-C"), stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            with open(self.dir / "out", "wb") as out, subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            ) as process:
                try:
                    found = monitored.wait(process, self.log, self.everything)
                finally:
                    monitored.stop(process)
        for domain, (state, values) in monitored.DOMAINS.items():
            row = found["mail_of_" + domain.replace(".", "_")]
            self.assertEqual(int(float(row["metadata.state"])), state, row)
            for label, value in values.items():
                if value == "U":  # Icinga keeps no value that is unknown
                    self.assertNotIn(f"perfdata.{label}.value", row)
                else:
                    self.assertEqual(float(row[f"perfdata.{label}.value"]), float(value), label)
            self.assertEqual(float(row["perfdata.score.max"]), 100)
        self.assertEqual(int(float(found["rbl"]["metadata.state"])), 1)
        self.assertEqual(float(found["rbl"]["perfdata.servers.value"]), 1)


if __name__ == "__main__":
    if ICINGA is None or nsd.program() is None:
        print("skipped: icinga2 or nsd is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
