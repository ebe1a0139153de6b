#!/usr/bin/env python3
"""
How the broker is started for libvirt: domains from the beginning, QEMUs of
another user, systemd told. Argument: nuncio-broker.
"""

import grp
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

from broker_front import Broker

BINARY = os.path.abspath(sys.argv[1])
GROUP = "daemon"  # Debian always has it


class Start(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def start(self, *options):
        broker = Broker(BINARY, self.directory, *options)
        self.addCleanup(broker.kill)
        return broker

    def refused(self, *options):
        done = subprocess.run(
            [BINARY, "--system", self.directory, *options], check=False,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            timeout=10)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def mode(self, name):
        return stat.S_IMODE(os.stat(os.path.join(self.directory,
                                                 name)).st_mode)

    def test_domains_are_there_from_the_beginning(self):
        broker = self.start("--add", "driver", "--add", "files")
        listed = [json.loads(line) for line in broker.ask("list")[:-1]]
        self.assertEqual([(d["name"], d["domid"], d["state"])
                          for d in listed],
                         [("driver", 1, "absent"), ("files", 2, "absent")])
        self.assertEqual(broker.ask("read /nuncio/domain/files"), ["ok 2"])
        self.assertEqual(self.mode("driver.sock"), 0o600)
        self.assertEqual(broker.stop(), 0)
        self.assertFalse(os.path.exists(f"{self.directory}/driver.sock"))

    def test_what_cannot_be_added_is_told(self):
        self.assertIn("--add a/b: a domain's name", self.refused("--add",
                                                                 "a/b"))
        self.assertIn("--add a: there is a domain",
                      self.refused("--add", "a", "--add", "a"))

    def test_group_reaches_domains_but_not_the_control_socket(self):
        if os.geteuid() != 0:
            self.skipTest("only root gives files to a group")
        self.start("--group", GROUP, "--add", "driver")
        group = grp.getgrnam(GROUP).gr_gid
        self.assertEqual(self.mode("."), 0o710)
        self.assertEqual(self.mode("control"), 0o600)
        self.assertEqual(self.mode("driver.sock"), 0o660)
        for name in (".", "driver.sock"):
            self.assertEqual(os.stat(f"{self.directory}/{name}").st_gid,
                             group)

    def test_unknown_group_is_told(self):
        self.assertIn("no group no-such", self.refused("--group", "no-such"))

    def test_systemd_is_told_when_the_domains_are_there(self):
        for name in (f"{self.directory}/notify", f"\0nuncio-{os.getpid()}"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
                systemd.bind(name)
                systemd.settimeout(10)
                os.environ["NOTIFY_SOCKET"] = name.replace("\0", "@")
                self.addCleanup(os.environ.pop, "NOTIFY_SOCKET", None)
                broker = self.start("--add", "driver")
                self.assertEqual(systemd.recv(100), b"READY=1")
                self.assertTrue(
                    os.path.exists(f"{self.directory}/driver.sock"))
                self.assertEqual(broker.stop(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
