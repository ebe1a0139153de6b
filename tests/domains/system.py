"""
A running system of several domains for tests: `nuncio up` in a directory of its
own, clients that join it, and what there is to see of it from outside.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

SOCKET = re.compile(rb"socket,id=\w+,path=([^,\0]*)")


class Trouble(Exception):
    """What a test says when it fails."""


class System:
    """`nuncio up CONFIG`, until the end of the `with` block."""

    def __init__(self, build, config, args, disk=None):
        self.nuncio = os.path.join(build, "nuncio")
        self.config = config
        self.args = list(args)
        if disk is not None:
            self.args += ["--disk", f"disk={disk}"]
        self.base = tempfile.mkdtemp(prefix="nuncio-domains-")
        self.directory = os.path.join(self.base, "system")
        self.log = os.path.join(self.base, "up.log")
        self.up = None

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.up = subprocess.Popen(
                [self.nuncio, "up", self.config, "--system", self.directory] +
                self.args, stdout=log, stderr=log)
        self.wait_for(lambda: "serves in" in self.said(), 60,
                      "`nuncio up` does not say that it serves")
        return self

    def __exit__(self, *_):
        if self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
        try:
            self.up.wait(30)
        except subprocess.TimeoutExpired:
            self.up.kill()
            self.up.wait()
        shutil.rmtree(self.base)

    def said(self):
        """What `nuncio up` has printed."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, condition, seconds, what):
        """Until (condition) holds; Trouble with (what) if it does not."""
        end = time.monotonic() + seconds
        while not condition():
            if self.up.poll() is not None:
                raise Trouble(f"`nuncio up` ended: {self.said()}")
            if time.monotonic() > end:
                raise Trouble(f"{what} within {seconds} s: {self.said()}")
            time.sleep(0.05)

    def client(self, command, *args):
        """A domain that joins, runs (command), and ends."""
        return Client(subprocess.Popen(
            [self.nuncio, "run", self.config, "--system", self.directory,
             "--exec", command] + self.args + list(args),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE))

    def domains(self):
        """`nuncio ps --json`, by name."""
        text = subprocess.run(
            [self.nuncio, "ps", "--json", "--system", self.directory],
            stdout=subprocess.PIPE, check=True, timeout=30).stdout
        return {d["name"]: d for d in json.loads(text)[0]["domains"]}

    def machine(self, name):
        """The process of the machine of domain (name), or None."""
        socket = os.path.join(self.directory, name + ".sock").encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if b"qemu" in line.split(b"\0")[0] and \
                    socket in SOCKET.findall(line):
                return int(pid)
        return None


class Client:
    """A client domain, whose messages are noted with the time they came at."""

    def __init__(self, process):
        self.process = process
        self.out = b""
        self.messages = []  # (monotonic seconds, text)
        self.readers = [threading.Thread(target=self.read_out),
                        threading.Thread(target=self.read_messages)]
        for reader in self.readers:
            reader.start()

    def read_out(self):
        self.out = self.process.stdout.read()

    def read_messages(self):
        for line in self.process.stderr:
            self.messages.append((time.monotonic(),
                                  line.decode(errors="replace").rstrip()))

    def is_running(self):
        return self.process.poll() is None

    def finish(self, seconds):
        """(status, output); Trouble if it does not end."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for reader in self.readers:
            reader.join()
        if self.process.returncode < 0:
            raise Trouble(f"a client does not end within {seconds} s: "
                          f"{self.said()}")
        return self.process.returncode, self.out.decode()

    def said(self):
        return "\n".join(text for _, text in self.messages[-40:])


def disk(build):
    """A disk of over 1,000 files, made once."""
    image = os.path.join(build, "domains/files.img")
    if not os.path.exists(image):
        os.makedirs(os.path.dirname(image), exist_ok=True)
        subprocess.run(["tests/boot/make-files", image + ".new"], check=True)
        os.rename(image + ".new.tree", image + ".tree")
        os.rename(image + ".new", image)
    return image


def host_sums(image):
    """What `sum -r /` shall print for that disk, sorted."""
    text = subprocess.run(
        "find . -type f -print0 | xargs -0 sha256sum | sed 's|  \\.|  |'",
        shell=True, cwd=image + ".tree", stdout=subprocess.PIPE, check=True).stdout
    return sorted(text.decode().splitlines())
