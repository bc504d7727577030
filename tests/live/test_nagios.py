#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Nagios itself runs the plug-in for four domains, with the command of docs/monitoring.

usage: test_nagios.py MAILAUDIT
"""
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

import perfdata

NAGIOS = shutil.which("nagios4", path=os.environ.get("PATH", "") + ":/usr/sbin")

MAIN = """
log_file={dir}/nagios.log
object_cache_file={dir}/objects.cache
status_file={dir}/status.dat
status_update_interval=1
resource_file={dir}/resource.cfg
lock_file={dir}/nagios.lock
temp_file={dir}/nagios.tmp
temp_path={dir}
check_result_path={dir}/results
state_retention_file={dir}/retention.dat
command_file={dir}/nagios.cmd
query_socket={dir}/nagios.qh
nagios_user={user}
nagios_group={group}
check_external_commands=0
check_for_updates=0
interval_length=1
service_inter_check_delay_method=n
use_syslog=0
enable_notifications=0
process_performance_data=1
illegal_object_name_chars=`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=`~$&|'"<>
"""

OBJECTS = """
define timeperiod {
    timeperiod_name 24x7
    alias           always
    sunday          00:00-24:00
    monday          00:00-24:00
    tuesday         00:00-24:00
    wednesday       00:00-24:00
    thursday        00:00-24:00
    friday          00:00-24:00
    saturday        00:00-24:00
}
define command {
    command_name    nothing
    command_line    /bin/true
}
define contact {
    contact_name                    nagiosadmin
    host_notification_period        24x7
    service_notification_period     24x7
    host_notification_options       n
    service_notification_options    n
    host_notification_commands      nothing
    service_notification_commands   nothing
}
define host {
    host_name           mail.example.com
    address             127.0.0.1
    max_check_attempts  1
    contacts            nagiosadmin
    check_period        24x7
}
"""

SERVICE = """
define service {{
    use                     mailaudit-service
    host_name               mail.example.com
    service_description     {domain}
    check_command           check_mailaudit!{domain}!{options}
    check_interval          2
    retry_interval          2
}}
"""


class Nagios(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="mailaudit-nagios-")))
        (self.dir / "results").mkdir()
        plugins = monitored.plugins(self.dir, sys.argv[1])
        (self.dir / "resource.cfg").write_text(f"$USER1$={plugins}\n")
        (self.dir / "objects.cfg").write_text(OBJECTS)

    def configure(self, *files):
        user = pwd.getpwuid(os.getuid())
        text = MAIN.format(dir=self.dir, user=user.pw_name, group=user.pw_gid)
        for path in (self.dir / "objects.cfg", monitored.FILES / "nagios-command.cfg", *files):
            text += f"cfg_file={path}\n"
        path = self.dir / "nagios.cfg"
        path.write_text(text)
        return path

    def log(self):
        path = self.dir / "nagios.log"
        return path.read_text(errors="replace") if path.exists() else "no log"

    def services(self):
        """{description: {key: value}} of status.dat, once each was checked twice."""
        path = self.dir / "status.dat"
        text = path.read_text(errors="replace") if path.exists() else ""
        found = {}
        for block in re.findall(r"^servicestatus \{\n(.*?)^\s*\}$", text, re.M | re.S):
            row = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
            if row.get("has_been_checked") == "1":
                found[row["service_description"]] = row
        return found if len(found) == len(monitored.DOMAINS) else None

    def test_the_files_are_good(self):
        config = self.configure(monitored.FILES / "nagios-service.cfg")
        done = subprocess.run([NAGIOS, "-v", config], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Total Warnings: 0", done.stdout)
        self.assertIn("Total Errors:   0", done.stdout)

    def test_four_domains(self):
        with monitored.server() as server:
            options = (f"-n {server.address} --check {monitored.CHECKS} -s {monitored.LIST} "
                       "-w 85: -c 40:")
            (self.dir / "services.cfg").write_text("".join(
                SERVICE.format(domain=d, options=options) for d in monitored.DOMAINS))
            config = self.configure(self.dir / "services.cfg")
            with open(self.dir / "out", "wb") as out, subprocess.Popen(
                [NAGIOS, config], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            ) as process:
                try:
                    found = monitored.wait(process, self.log, self.services)
                finally:
                    monitored.stop(process)
        for domain, (state, values) in monitored.DOMAINS.items():
            row = found[domain]
            self.assertEqual(row["current_state"], str(state), row)
            self.assertIn(f": {domain} ", row["plugin_output"])
            data = perfdata.parse(row["performance_data"])
            self.assertEqual({k: data[k]["value"] for k in values}, values)
            self.assertEqual((data["score"]["warn"], data["score"]["crit"]), ("85:", "40:"))
        self.assertIn("spf.pass-all", found["bad.example"]["long_plugin_output"])


if __name__ == "__main__":
    if NAGIOS is None or nsd.program() is None:
        print("skipped: nagios4 or nsd is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=1)
