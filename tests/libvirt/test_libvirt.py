#!/usr/bin/env python3
"""
test_libvirt.py BUILD: systems under a real libvirtd. What virsh does to them is
done by virsh alone, on files from `nuncio xml`; then `nuncio run --connect`.
"""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
import unittest

import session
from session import Console, domains, run, virsh, wait_for, work

BUILD = os.path.abspath(sys.argv[1])
NUNCIO = f"{BUILD}/nuncio"
IMAGE = f"{BUILD}/test/shell.img"
CONFIG = "configs/files.conf"


def host_sums(path):
    """What `sum -r (path)` must print, in order."""
    lines = []
    for root, _, names in os.walk(f"{IMAGE}.tree{path}"):
        for name in names:
            full = os.path.join(root, name)
            if os.path.islink(full):
                continue
            with open(full, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            lines.append(f"{digest}  {full[len(IMAGE + '.tree'):]}")
    return sorted(lines)


class Base(unittest.TestCase):
    def setUp(self):
        begun = time.monotonic()
        self.addCleanup(lambda: print(f"{time.monotonic() - begun:.1f} s",
                                      file=sys.stderr, end=" "))
        self.out = f"{work()}/{self.id().split('.')[-1]}"
        self.addCleanup(self.destroy_all)

    def destroy_all(self):
        for name in domains():
            virsh("destroy", name, check=False)

    def write(self, *options):
        """The directory that `nuncio xml` wrote, and what it said."""
        text = run(NUNCIO, "xml", CONFIG, "-o", self.out, "--disk",
                   f"disk={IMAGE}", "--accel", "tcg", *options)[1]
        for name in os.listdir(self.out):
            if name.endswith(".xml"):
                run("virt-xml-validate", f"{self.out}/{name}")
        return text

    def log(self, name):
        with open(f"{self.out}/{name}.log", encoding="utf-8") as file:
            return file.read()

    def wait_end(self, name):
        wait_for(lambda: name not in domains(), f"{name} ends")

    def assert_last_line(self, name, line):
        self.assertEqual(self.log(name).splitlines()[-1], line)


class Alone(Base):
    """A system of one domain."""

    def use(self, *options):
        text = self.write(*options)
        for line in re.findall("^  (virsh create .*)$", text, re.M):
            run("sh", "-c", line)
        self.assertEqual(domains(), {"files"})
        console = Console("console", "files", "--force")
        self.assertEqual(sorted(console.output("sum -r /small/07")),
                         host_sums("/small/07"))
        console.type("exit 3")
        self.wait_end("files")
        console.leave()
        self.assert_last_line("files", "nuncio: exit 3")

    def test_q35(self):
        self.use()

    def test_pc(self):
        self.use("--machine", "pc")

    def test_list_and_dominfo_know_it(self):
        self.write()
        console = Console("create", f"{self.out}/files.xml", "--console")
        self.addCleanup(console.leave)
        self.assertIn("help lists the commands", console.begun)
        self.assertRegex(virsh("list"), r"files +running")
        info = virsh("dominfo", "files")
        self.assertRegex(info, r"State: +running")
        self.assertRegex(info, r"Max memory: +65536 KiB")
        virsh("destroy", "files")
        self.assertEqual(domains(), set())

    def test_panic_is_a_crash_to_libvirt(self):
        self.write()
        with open(f"{self.out}/files.cpio", "r+b") as archive:
            archive.truncate(1000)
        with subprocess.Popen(
                ["virsh", "event", "--event", "lifecycle", "--loop"],
                stdout=subprocess.PIPE, text=True) as events:
            time.sleep(0.5)
            virsh("create", f"{self.out}/files.xml")
            self.wait_end("files")
            events.send_signal(signal.SIGINT)
            self.assertIn("Crashed Panicked", events.communicate()[0])
        self.assert_last_line("files", "nuncio: exit 126")


class Connect(Base):
    """`nuncio run --connect`: libvirt runs it, the launcher is as always."""

    def command(self, *options):
        return [NUNCIO, "run", CONFIG, "--connect", session.URI, "--disk",
                f"disk={IMAGE}", "--accel", "tcg", *options]

    def start(self, *options):
        child = subprocess.Popen(self.command(*options),
                                 stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.addCleanup(child.stdin.close)
        self.addCleanup(child.stdout.close)
        seen = b""
        while b"/>" not in seen:
            piece = child.stdout.read1()
            self.assertTrue(piece, seen)
            seen += piece
        return child

    def assert_gone(self):
        wait_for(lambda: not domains(), "no domain is left")
        wait_for(lambda: not [name for name in
                              os.listdir(os.environ["XDG_RUNTIME_DIR"])
                              if name.startswith("nuncio-")],
                 "no directory is left")

    def test_output_and_status_are_the_programs(self):
        done = subprocess.run(
            self.command("--exec", "sum -r /small/07"), check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(done.stdout.splitlines()),
                         host_sums("/small/07"))
        status, _ = run(*self.command("--exec", "exit 42"), check=False)
        self.assertEqual(status, 42)
        self.assert_gone()

    def test_input_and_trace_go_through(self):
        trace = f"{work()}/trace"
        child = self.start("--trace", trace)
        self.assertEqual(len(domains()), 1)
        child.stdin.write(b"ls /names\nexit 5\n")
        child.stdin.flush()
        self.assertIn(b"with space", child.stdout.read())
        self.assertEqual(child.wait(30), 5)
        self.assertIn("directory#2.list(", run(NUNCIO, "trace", trace)[1])
        self.assert_gone()

    def test_signal_destroys_the_domain(self):
        child = self.start()
        child.terminate()
        self.assertEqual(child.wait(30), 128 + signal.SIGTERM)
        self.assert_gone()

    def test_domain_goes_with_a_killed_launcher(self):
        child = self.start()
        child.kill()
        child.wait()
        self.assert_gone()

    def test_domain_destroyed_by_others_is_told(self):
        child = self.start()
        virsh("destroy", domains().pop())
        self.assertEqual(child.wait(30), 127)
        self.assert_gone()

    def test_driver_domain_is_started_again(self):
        child = self.start("--place", "fs=domain")
        child.stdin.write(b"sum -r /small\nexit 9\n")
        child.stdin.flush()
        seen = b""
        while seen.count(b"/small/") < 30:
            seen += child.stdout.read1()
        driver = [name for name in domains() if name.startswith("driver-")]
        virsh("destroy", driver[0])
        seen += child.stdout.read()
        self.assertEqual(child.wait(30), 9)
        sums = [line for line in session.clean(seen.decode())
                if re.match("[0-9a-f]{64}  /", line)]
        self.assertEqual(sorted(sums), host_sums("/small"))
        self.assert_gone()

    def test_what_cannot_be_is_told(self):
        for options, reason in (
                (["--machine", "microvm"], "no PCI"),
                (["--qemu-arg", "-S"], "not with --connect"),
                (["--icount"], "not with --connect"),
                (["--connect", "test:///none"], "libvirt: test:///none")):
            status, text = run(*self.command("--exec", "exit 0", *options),
                               check=False)
            self.assertEqual(status, 125, text)
            self.assertIn(reason, text)
        self.assert_gone()


class Domains(Base):
    """The file service in a domain of its own, everything by virsh."""

    def setUp(self):
        super().setUp()
        self.steps = self.write("--place", "fs=domain", "--system",
                                f"{self.out}.system")
        self.broker = subprocess.Popen(
            re.search("^  (.*nuncio-broker .*)$", self.steps,
                      re.M).group(1).split(), stderr=subprocess.DEVNULL)
        self.addCleanup(self.broker.wait)
        self.addCleanup(self.broker.kill)
        wait_for(lambda: os.path.exists(f"{self.out}.system/files.sock"),
                 "the broker is there")
        for name in ("driver", "files"):
            self.create(name)
        self.console = Console("console", "files", "--force")
        self.addCleanup(self.console.leave)

    def create(self, name):
        command = f"virsh create {self.out}/{name}.xml"
        self.assertIn(f"  {command}\n", self.steps)
        run(*command.split())

    def start_sums(self, path="/"):
        """`sum -r (path)`, until its first lines are there."""
        self.console.type(f"sum -r {path}")
        return self.console.read("(.*/small/.*\n){30}")

    def finish_sums(self, begun, path="/"):
        text = begun + self.console.read(r"[\r\n]" +
                                         re.escape(session.PROMPT))
        self.assertEqual(sorted(session.clean(text)), host_sums(path))

    def end(self):
        self.console.type("exit 0")
        self.wait_end("files")
        self.assert_last_line("files", "nuncio: exit 0")
        self.assertEqual(domains(), {"driver"})
        virsh("destroy", "driver")
        self.broker.terminate()
        self.assertEqual(self.broker.wait(10), 0)

    def test_driver_destroyed_and_created_in_the_middle(self):
        self.assertRegex(virsh("list"), r"driver +running[\s\S]*files +running")
        begun = self.start_sums()
        virsh("destroy", "driver")
        self.assertEqual(domains(), {"files"})
        begun += self.console.pause(0.5)
        self.assertEqual(self.console.pause(0.5), "")
        self.create("driver")
        self.finish_sums(begun)
        self.end()

    def test_driver_reset_in_the_middle(self):
        begun = self.start_sums("/small")
        virsh("reset", "driver")
        self.finish_sums(begun, "/small")
        self.assertRegex(virsh("dominfo", "driver"), r"State: +running")
        self.end()

    def test_client_destroyed_and_created_again(self):
        self.start_sums()
        virsh("destroy", "files")
        self.console.leave()
        self.create("files")
        self.console = Console("console", "files", "--force")
        self.assertEqual(
            sorted(self.console.output("sum -r /small/07")),
            host_sums("/small/07"))
        self.end()


if __name__ == "__main__":
    session.enter()
    unittest.main(argv=sys.argv[:1], verbosity=2)
