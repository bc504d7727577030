#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Plug-ins, built against nothing but what "meson install" installs.

usage: test_plugin.py BUILD COMPILER...
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
COMPILER = sys.argv[2:]


def run(*command, **more):
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        **more,
    )


class Plugin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="mailaudit-plugin-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.root)
        assert done.returncode == 0, done.stdout + done.stderr
        cls.program = next(cls.root.rglob("bin/mailaudit"))
        cls.package = next(cls.root.rglob("mailaudit.pc")).parent

    def pkg_config(self, *args):
        env = {
            "PATH": os.environ["PATH"],
            "PKG_CONFIG_LIBDIR": str(self.package),
            "PKG_CONFIG_SYSROOT_DIR": str(self.root),
        }
        done = run("pkg-config", *args, "mailaudit", env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def build(self, name, *flags):
        plugin = self.root / (name + ".so")
        done = run(
            *COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
            "-DMA_PLUGIN", *flags, *self.pkg_config("--cflags"),
            HERE / (name + ".c"), "-o", plugin, *self.pkg_config("--libs"),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return plugin

    def audit(self, *args):
        return run(
            self.program, "--offline", "--zone", HERE / "hello.zone", "--format", "json",
            *args, "example.com", "192.0.2.10",
        )

    def refused(self, *args):
        done = self.audit(*args)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_has_its_part_of_the_report(self):
        done = self.audit("--plugin", self.build("hello"))
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(
            report["checks"]["hello"], {"state": "found", "texts": ["good morning"]}
        )
        found = [row for row in report["findings"] if row["check"] == "hello"]
        self.assertEqual([row["rule"] for row in found], ["hello.found"])

    def test_hides_all_else(self):
        done = run("nm", "-D", "--defined-only", self.build("hello", "-fvisibility=hidden"))
        self.assertEqual([row.split()[-1] for row in done.stdout.splitlines()], ["mailaudit_check"])

    def test_can_be_selected(self):
        done = self.audit("--plugin", self.build("hello"), "--check", "hello")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("hello", json.loads(done.stdout)["checks"])

    def test_has_its_rules_explained(self):
        done = run(self.program, "--plugin", self.build("hello"), "--explain", "hello.missing")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the domain does not say hello", done.stdout)

    def test_refuses_another_abi(self):
        plugin = self.build("wrong_abi")
        err = self.refused("--plugin", plugin)
        self.assertIn(str(plugin), err)
        self.assertIn("4711", err)

    def test_refuses_the_name_of_a_built_in_check(self):
        err = self.refused("--plugin", self.build("duplicate"))
        self.assertIn("duplicate.so", err)
        self.assertIn("target", err)

    def test_refuses_the_same_plug_in_twice(self):
        plugin = self.build("hello")
        self.assertIn("hello", self.refused("--plugin", plugin, "--plugin", plugin))

    def test_refuses_what_is_no_plug_in(self):
        text = self.root / "text.so"
        text.write_text("this is no shared object\n", encoding="utf-8")
        self.assertIn("text.so", self.refused("--plugin", text))
        self.assertIn("absent.so", self.refused("--plugin", self.root / "absent.so"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
