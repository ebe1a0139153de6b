"""
A libvirtd of the test's own, and virsh to talk to it.

The test runs in namespaces of its own (user, mount, process): libvirtd takes us
for an ordinary user, so it is qemu:///session with all its files in a temporary
directory; a host's libvirtd never hears of it, and all processes end with the
test, however that ends.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

INSIDE = "NUNCIO_LIBVIRT_TEST"
URI = "qemu:///session"
QEMU_CONF = """
security_driver = "none"
stdio_handler = "file"
"""
SKIP_STATUS = 77
TIMEOUT_S = 60
PROMPT = "/> "


def enter():
    """Goes on inside the namespaces; in the end everything is cleaned up."""
    if INSIDE in os.environ:
        be_init()
        return
    unshare = ["unshare", "--user", "--map-user=1000", "--map-group=1000",
               "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        print("this host lets nobody make user namespaces")
        sys.exit(SKIP_STATUS)
    # Short: the paths of sockets have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="nv-", dir="/tmp") as work:
        env = dict(os.environ, HOME=work, LC_ALL="C.UTF-8",
                   LIBVIRT_DEFAULT_URI=URI, **{INSIDE: work})
        for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME"):
            env["XDG_" + name] = f"{work}/{name.lower()}"
            os.mkdir(env["XDG_" + name], 0o700)
        os.mkdir(f"{work}/config_home/libvirt")
        with open(f"{work}/config_home/libvirt/qemu.conf", "w",
                  encoding="ascii") as conf:
            conf.write(QEMU_CONF)
        status = subprocess.run(unshare + [sys.executable] + sys.argv, env=env,
                                check=False).returncode
    sys.exit(status)


def be_init():
    """
    The first process reaps whoever lost its parent, as every QEMU of libvirt's:
    a dead one that is not reaped is alive to libvirtd.
    """
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def work():
    """The directory of this test run."""
    return os.environ[INSIDE]


def run(*words, check=True, **more):
    """(status, both outputs as one text) of a command."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_S, check=False, **more)
    text = done.stdout.decode("utf-8", "replace")
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.returncode}: {text}")
    return done.returncode, text


def virsh(*words, check=True):
    """What `virsh WORDS` prints."""
    return run("virsh", *words, check=check)[1]


def domains():
    """Names of the domains that there are."""
    return set(virsh("list", "--all", "--name").split())


def wait_for(condition, what, seconds=TIMEOUT_S):
    """Until (condition), a function, is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.05)


class Console:
    """`virsh WORDS`, which opens a console, on a terminal of its own."""

    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp("virsh", ["virsh", *words])
        self.text = ""
        self.read(r"Escape character is")
        # What the domain wrote before may be lost, and so may be what it reads:
        # ask for a prompt until there is one.
        self.begun = ""
        end = time.monotonic() + TIMEOUT_S
        while not self.begun:
            os.write(self.fd, b"\r")
            try:
                self.begun = self.read(re.escape(PROMPT), 5)
            except AssertionError:
                if time.monotonic() > end:
                    raise

    def read(self, wanted, seconds=TIMEOUT_S):
        """All that came until (wanted), a pattern, was there."""
        end = time.monotonic() + seconds
        while True:
            match = re.search(wanted, self.text, re.M)
            if match:
                seen, self.text = (self.text[:match.end()],
                                   self.text[match.end():])
                return seen
            left = end - time.monotonic()
            ready = select.select([self.fd], [], [], max(left, 0))[0]
            try:
                piece = os.read(self.fd, 65536) if ready else b""
            except OSError:
                piece = b""
            if not piece:
                raise AssertionError(f"no {wanted!r}: {self.text[-500:]!r}")
            self.text += piece.decode("utf-8", "replace")

    def type(self, text):
        os.write(self.fd, text.encode() + b"\r")
        self.read(re.escape(text))

    def output(self, command):
        """The lines that (command) prints."""
        self.type(command)
        return clean(self.read(r"[\r\n]" + re.escape(PROMPT)))

    def pause(self, seconds):
        """What comes in this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready = select.select([self.fd], [], [], end - time.monotonic())[0]
            if ready:
                self.text += os.read(self.fd, 65536).decode("utf-8",
                                                            "replace")
        seen, self.text = self.text, ""
        return seen

    def leave(self):
        """Ctrl-], as people do, or after the domain's end."""
        if self.pid == 0:
            return
        try:
            os.write(self.fd, b"\x1d")
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        self.pid = 0
        os.close(self.fd)


def clean(text):
    """The lines of what came by a terminal, without prompt and line editing."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "")
    return [line for line in text.split("\n") if line and
            not line.startswith(PROMPT.rstrip())]
