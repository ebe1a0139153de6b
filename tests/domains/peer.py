"""
What a test sees of a driver domain from the broker's control socket, and the
programs that play clients of it.
"""

import os
import re
import socket
import subprocess
import time

import system


class Driver:
    """A domain of a running system."""

    def __init__(self, running, name="driver"):
        self.running = running
        self.name = name
        self.domid = self.ask(f"read /nuncio/domain/{name}").split()[1]

    def ask(self, line):
        """The broker's answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(os.path.join(self.running.directory, "control"))
            control.sendall(line.encode() + b"\n")
            answer = b""
            while not re.search(rb"(^|\n)(ok|error)[^\n]*\n$", answer):
                some = control.recv(65536)
                if not some:
                    raise system.Trouble(f"the broker hung up on {line}")
                answer += some
        return answer.decode()

    def figures(self):
        """What the domain says it has in use, as numbers by name."""
        text = self.ask(f"read /local/domain/{self.domid}/data/nuncio/stat/"
                        "domain")
        found = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", text)}
        if not found:
            raise system.Trouble(f"{self.name} tells no figures: {text}")
        return found

    def rest(self, seconds=15):
        """The figures when they have been the same for three seconds."""
        end = time.monotonic() + seconds
        before, since = None, 0
        while time.monotonic() < end:
            now = self.figures()
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > 3:
                return now
            time.sleep(0.2)
        raise system.Trouble(f"the figures of {self.name} do not rest: {before}")


def play(build, running, program, *args, **how):
    """Runs a program of tests/domains to its end; what it printed."""
    done = subprocess.run(
        [os.path.join(build, "test", program), running.directory, "driver"] +
        [str(a) for a in args], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, check=False, **how)
    if done.returncode != 0:
        raise system.Trouble(f"{program}: {done.stderr.decode()}")
    return done.stdout
