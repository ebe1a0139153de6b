#!/usr/bin/env python3
"""
`nuncio run` with a stand-in for QEMU: what goes where, every way to end, and
that neither a machine nor a changed terminal is left behind. Argument: nuncio.
"""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest

NUNCIO = os.path.abspath(sys.argv[1])
CONFIG = """
name = "t";
services = ({ name = "console"; placement = "kernel"; device = "serial:0"; });
programs = ({ name = "shell"; use = ["console"]; });
"""
# Speaks through the descriptors that its command line names. What it does is
# the word of the kernel's command line that begins with "do=".
STAND_IN = r'''#!/usr/bin/env python3
import os, re, signal, socket, sys, time
line = " ".join(sys.argv)
ends = {name: socket.socket(fileno=int(fd)) for name, fd in
        re.findall(r"socket,id=(\w+),fd=(\d+)", line)}
do = re.search(r"do=(\S*)", line).group(1)
with open(os.path.join(os.environ["WORK"], "pid"), "w") as file:
    file.write(str(os.getpid()))
def log(text): ends["log"].sendall(text.encode())
def tell(text): ends["terminal"].sendall(text)
log("booting\r\n")
tell(b"output\n")
if do.startswith("exit"):
    log(f"nuncio: exit {do[4:]}\n")
    os._exit(1)
if do == "panic":
    log("panic: lost\nregisters\n")
    time.sleep(0.3)
    log("backtrace\n")
    time.sleep(60)
if do == "panicdead":
    log("panic: lost")
    os._exit(3)
if do == "silent":
    os._exit(3)
if do == "fail":
    print("cannot open it", file=sys.stderr)
    os._exit(1)
if do == "hang":
    time.sleep(60)
if do == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log("deaf\n")
    time.sleep(60)
if do == "big":
    tell(bytes(range(256)) * 4096)
    log("nuncio: exit 0\n")
    os._exit(1)
if do == "echo":
    count = 0
    while True:
        data = ends["terminal"].recv(100)
        count += len(data)
        tell(data)
        if b"q" in data or b"\x04" in data:
            break
    log(f"took {count}\nnuncio: exit 0\n")
    os._exit(1)
if do == "trace":
    if "trace" in ends:
        ends["trace"].sendall(b"records")
    log("nuncio: exit 0\n")
    os._exit(1)
if do == "archive":
    path = re.search(r"-initrd (\S+)", line).group(1)
    with open(path, "rb") as file:
        tell(file.read())
    log("nuncio: exit 0\n")
    os._exit(1)
'''


class Base(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.work = directory.name
        os.makedirs(f"{self.work}/image")
        for name in ("nuncio-kernel", "image/init", "image/shell"):
            self.write(name, "the file " + name)
        self.write("t.conf", CONFIG)
        self.write("qemu-system-x86_64", STAND_IN)
        os.chmod(f"{self.work}/qemu-system-x86_64", 0o755)
        self.env = dict(os.environ, WORK=self.work,
                        PATH=self.work + ":" + os.environ["PATH"])

    def write(self, name, text):
        with open(f"{self.work}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, do, *words):
        return [NUNCIO, "run", f"{self.work}/t.conf", "--build", self.work,
                "--accel", "tcg", "--append", "do=" + do, *words]

    def run_it(self, do, *words, stdin=b"", program="x"):
        """(status, standard output, standard error), nothing left running."""
        if program:
            words += ("--exec", program)
        done = subprocess.run(self.command(do, *words), input=stdin,
                              capture_output=True, env=self.env, timeout=30)
        self.assert_gone()
        return done.returncode, done.stdout, done.stderr.decode()

    def machine(self):
        path = f"{self.work}/pid"
        for _ in range(100):
            if os.path.exists(path) and os.path.getsize(path) > 0:
                break
            time.sleep(0.05)
        with open(path, encoding="utf-8") as file:
            return int(file.read())

    def assert_gone(self):
        pid = self.machine()
        for _ in range(100):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    if file.read().rpartition(")")[2].split()[0] == "Z":
                        return  # nobody is there to bury it
            except FileNotFoundError:
                return
            time.sleep(0.05)
        self.fail(f"the machine {pid} still runs")


class Run(Base):
    def test_output_is_the_programs_alone(self):
        status, out, err = self.run_it("exit7")
        self.assertEqual((status, out), (7, b"output\n"))
        self.assertEqual(err, "booting\nnuncio: exit 7\n")

    def test_quiet_keeps_the_log_back(self):
        self.assertEqual(self.run_it("exit0", "--quiet")[2], "")
        err = self.run_it("panic", "--quiet")[2]
        self.assertIn("booting\npanic: lost\nregisters\nbacktrace\n", err)

    def test_every_byte_arrives(self):
        status, out, _ = self.run_it("big")
        self.assertEqual(status, 0)
        self.assertEqual(out, b"output\n" + bytes(range(256)) * 4096)

    def test_status_outside_is_told(self):
        status, _, err = self.run_it("exit-41")
        self.assertEqual(status, 121)
        self.assertIn("nuncio: the program's status is not in 0..99: -41", err)

    def test_rest_of_a_panic_is_shown(self):
        status, _, err = self.run_it("panic")
        self.assertEqual(status, 126)
        self.assertIn("panic: lost\nregisters\nbacktrace\n", err)

    def test_panic_without_a_line_end(self):
        status, _, err = self.run_it("panicdead")
        self.assertEqual(status, 126)
        self.assertIn("panic: lost\n", err)

    def test_machine_that_stops_silently(self):
        status, _, err = self.run_it("silent")
        self.assertEqual(status, 127)
        self.assertIn("stopped without an exit status", err)

    def test_qemu_that_fails(self):
        status, _, err = self.run_it("fail")
        self.assertEqual(status, 125)
        self.assertIn("qemu: cannot open it\n", err)

    def test_qemu_that_is_not_there(self):
        os.remove(f"{self.work}/qemu-system-x86_64")
        done = subprocess.run(self.command("x", "--exec", "y"),
                              env=dict(self.env, PATH=self.work),
                              capture_output=True)
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"qemu-system-x86_64: No such file", done.stderr)

    def test_time_limit(self):
        begin = time.monotonic()
        status, out, err = self.run_it("hang", "--timeout", "0.5")
        self.assertEqual((status, out), (124, b"output\n"))
        self.assertIn("nuncio: time limit passed\n", err)
        self.assertLess(time.monotonic() - begin, 3)

    def test_time_limit_of_a_deaf_machine(self):
        status, _, _ = self.run_it("stubborn", "--timeout", "0.5")
        self.assertEqual(status, 124)

    def test_signal_ends_machine_and_launcher(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            child = subprocess.Popen(self.command("hang", "--exec", "x"),
                                     env=self.env, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
            self.assertEqual(child.stdout.readline(), b"output\n")
            child.send_signal(number)
            self.assertEqual(child.wait(10), 128 + number)
            child.stdout.close()
            self.assert_gone()

    def test_machine_dies_with_a_killed_launcher(self):
        child = subprocess.Popen(self.command("stubborn", "--exec", "x"),
                                 env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        self.assertEqual(child.stdout.readline(), b"output\n")
        child.kill()
        child.wait()
        child.stdout.close()
        self.assert_gone()

    def test_reader_that_goes_away(self):
        child = subprocess.Popen(self.command("big", "--exec", "x"),
                                 env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        child.stdout.readline()
        child.stdout.close()
        # Either it noticed, or all was written before.
        self.assertIn(child.wait(10), (0, 128 + signal.SIGPIPE))
        self.assert_gone()

    def test_input_reaches_the_program(self):
        data = bytes(range(5, 100)) * 2000 + b"q"
        status, out, err = self.run_it("echo", stdin=data)
        self.assertEqual(status, 0)
        self.assertTrue((b"output\n" + data).startswith(out))
        self.assertIn("took ", err)

    def test_shell_fed_from_a_file_gets_its_end(self):
        status, out, _ = self.run_it("echo", stdin=b"ls\n", program=None)
        self.assertEqual((status, out), (0, b"output\nls\n\x04"))

    def test_trace_is_the_machines_bytes(self):
        path = f"{self.work}/trace"
        self.run_it("trace", "--trace", path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"records")

    def test_trace_without_records_can_be_decoded(self):
        path = f"{self.work}/trace"
        self.run_it("exit0", "--trace", path)
        done = subprocess.run([NUNCIO, "trace", path], capture_output=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, b"", b""))

    def test_archive_is_complete_when_the_machine_starts(self):
        status, out, _ = self.run_it("archive")
        self.assertEqual(status, 0)
        for text in (b"manifest\0", b"the file image/init",
                     b"the file image/shell", b"program shell image=shell",
                     b"arg=x", b"TRAILER!!!"):
            self.assertIn(text, out)

    def test_archive_can_be_kept(self):
        path = f"{self.work}/kept"
        _, out, _ = self.run_it("archive", "--archive", path)
        with open(path, "rb") as file:
            self.assertEqual(out, b"output\n" + file.read())

    def test_dry_run_starts_nothing(self):
        done = subprocess.run(self.command("exit0", "--dry-run"),
                              env=self.env, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"program shell image=shell", done.stdout)
        self.assertIn(b"qemu-system-x86_64 \\\n", done.stdout)
        self.assertFalse(os.path.exists(f"{self.work}/pid"))

    def test_what_is_not_built_is_told(self):
        os.remove(f"{self.work}/nuncio-kernel")
        done = subprocess.run(self.command("exit0"), env=self.env,
                              capture_output=True)
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"nuncio-kernel: No such file or directory (is it "
                      b"built?)", done.stderr)


class Terminal(Base):
    """The same with a terminal on all three descriptors."""

    def start(self, do):
        self.ours, theirs = pty.openpty()
        self.addCleanup(os.close, self.ours)
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.addCleanup(os.close, theirs)
        self.child = subprocess.Popen(
            self.command(do), env=self.env, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.addCleanup(self.child.kill)
        self.wait_for(b"output\r\n")

    def wait_for(self, text):
        seen = b""
        os.set_blocking(self.ours, False)
        for _ in range(200):
            try:
                seen += os.read(self.ours, 4096)
            except BlockingIOError:
                pass
            if text in seen:
                return
            time.sleep(0.05)
        self.fail(f"no {text} in {seen}")

    def assert_restored(self):
        self.assertEqual(termios.tcgetattr(self.theirs), self.before)
        self.assert_gone()

    def test_keys_go_to_the_machine_and_ctrl_a_x_ends_it(self):
        self.start("echo")
        self.assertFalse(termios.tcgetattr(self.theirs)[3] & termios.ISIG)
        os.write(self.ours, b"a\x03b\x01\x01c")
        self.wait_for(b"a\x03b\x01c")
        os.write(self.ours, b"\x01")
        os.write(self.ours, b"x")
        self.assertEqual(self.child.wait(10), 0)
        self.assert_restored()

    def test_terminal_is_restored_after_a_signal(self):
        self.start("hang")
        self.child.terminate()
        self.assertEqual(self.child.wait(10), 128 + signal.SIGTERM)
        self.assert_restored()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
