"""
What tests of systems of several domains have in common: a directory with a
configuration and stand-ins for QEMU and the broker, and looking for what is
left behind. The program's first argument is nuncio.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

NUNCIO = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = """
name = "t";
disks = ({ name = "d"; image = "d.img"; });
services = (
  { name = "console"; placement = "kernel"; device = "serial:0"; },
  { name = "block"; disk = "d"; },
  { name = "fs"; placement = "domain"; use = ["block"]; });
programs = ({ name = "shell"; use = ["console", "fs"]; });
"""
IMAGES = ("init", "shell", "block", "fs", "store", "links")


class Base(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.work = directory.name
        os.makedirs(f"{self.work}/image")
        os.makedirs(f"{self.work}/tmp")
        for name in ("nuncio-kernel", "d.img",
                     *(f"image/{image}" for image in IMAGES)):
            self.write(name, "the file " + name)
        self.write("t.conf", CONFIG)
        self.write("do.driver", "run")
        shutil.copy(f"{HERE}/fake_broker.py", f"{self.work}/nuncio-broker")
        shutil.copy(f"{HERE}/fake_qemu.py", f"{self.work}/qemu-system-x86_64")
        self.env = dict(os.environ, WORK=self.work, TMPDIR=self.work + "/tmp",
                        PATH=self.work + ":" + os.environ["PATH"])
        self.children = []
        self.addCleanup(self.end_children)

    def end_children(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for stream in (child.stdout, child.stderr):
                if stream:
                    stream.close()

    def write(self, name, text):
        with open(f"{self.work}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(f"{self.work}/{name}", encoding="utf-8") as file:
            return file.read()

    def command(self, verb, *words):
        common = ["--build", self.work, "--accel", "tcg"]
        return [NUNCIO, verb, f"{self.work}/t.conf", *common, *words]

    def run_it(self, *words, check_gone=True):
        """(status, standard output, standard error)"""
        done = subprocess.run(self.command("run", "--exec", "x", *words),
                              capture_output=True, env=self.env, timeout=60,
                              stdin=subprocess.DEVNULL)
        if check_gone:
            self.assert_gone()
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def start(self, verb, *words):
        child = subprocess.Popen(self.command(verb, *words), env=self.env,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        self.children.append(child)
        return child

    def end(self, child, number):
        """Its (status, standard error) after a signal."""
        child.send_signal(number)
        _, err = child.communicate(timeout=20)
        return child.returncode, err.decode()

    def pids(self, name=None):
        words = [line.split() for line in self.read("pids").splitlines()]
        return [int(pid) for who, pid in words if name in (None, who)]

    def wait(self, condition, what):
        for _ in range(400):
            try:
                value = condition()
            except FileNotFoundError:
                value = None
            if value:
                return value
            time.sleep(0.05)
        return self.fail(what)

    def lives(self, name):
        """How many of its lives got to hello."""
        try:
            return len(self.read("hello." + name).splitlines())
        except FileNotFoundError:
            return 0

    @staticmethod
    def is_alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def assert_gone(self):
        """No process, no keeper, and no directory."""
        self.wait(lambda: not any(map(self.is_alive, self.pids())),
                  "a process still runs")
        self.wait(lambda: not os.listdir(f"{self.work}/tmp"),
                  f"{os.listdir(self.work + '/tmp')} is left")
        self.wait(lambda: not self.keepers(), "a keeper still runs")

    def keepers(self):
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    if f"WORK={self.work}\0".encode() in file.read():
                        found.append(path)
            except OSError:
                pass
        return found
