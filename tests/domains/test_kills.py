#!/usr/bin/env python3
"""
A driver domain that dies, and one that hangs, at random moments while a client
sums the whole disk, over and over: every run ends with the host's sums and
status 0. Prints how long a client was without it, from the signal until its link
was up again. Arguments: build directory, number of kills, number of hangs.
"""

import os
import random
import re
import signal
import statistics
import sys
import time

import system

BACK = re.compile(r"links: driver .* is back after")
CLIENT_SECONDS = 240
SPREAD_SECONDS = 2.0


class Torment:
    """One kind of end that befalls the driver domain, and what clients saw."""

    def __init__(self, running, sums, what, how):
        self.running = running
        self.sums = sums
        self.what = what
        self.how = how
        # A machine that hangs while it starts has a minute's patience, so it
        # is mostly let come up first.
        self.first = 1.5 if how == signal.SIGSTOP else 0
        self.client = None
        self.runs = 0
        self.moments = []  # of the signals
        self.outages = []  # seconds

    def check(self):
        """The client's run has ended as it should."""
        status, out = self.client.finish(CLIENT_SECONDS)
        if status != 0:
            raise system.Trouble(f"a run ended with status {status}: "
                                 f"{self.client.said()}")
        if sorted(out.splitlines()) != self.sums:
            raise system.Trouble(f"wrong sums, {len(out.splitlines())} of "
                                 f"{len(self.sums)}: {self.client.said()}")
        for back in [at for at, text in self.client.messages
                     if BACK.search(text)]:
            before = [m for m in self.moments if m < back]
            self.outages.append(back - before[-1])
        self.runs += 1

    def once(self):
        """At a random moment of a run."""
        if self.client is None or not self.client.is_running():
            if self.client is not None:
                self.check()
            self.client = self.running.client("sum -r /")
        time.sleep(self.first + random.uniform(0, SPREAD_SECONDS))
        machine = self.running.machine("driver")
        self.moments.append(time.monotonic())
        os.kill(machine, self.how)
        self.running.wait_for(
            lambda: self.running.machine("driver") not in (None, machine), 120,
            f"no new driver domain after a {self.what}")

    def run(self, count):
        for _ in range(count):
            self.once()
        self.check()
        print(f"{count} {self.what}s of the driver domain in {self.runs} runs "
              "of `sum -r /`: all sums right, all with status 0")
        if not self.outages:
            raise system.Trouble(f"no run noticed a {self.what}")
        print(f"{self.what}: {len(self.outages)} came while a client was "
              f"connected; it was without its files for a median of "
              f"{statistics.median(self.outages):.2f} s, at most "
              f"{max(self.outages):.2f} s", flush=True)


def main():
    build, kills, hangs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    disk = system.disk(build)
    sums = system.host_sums(disk)
    with system.System(build, "configs/files.conf",
                       ["--place", "fs=domain", "--watchdog", "3"],
                       disk) as running:
        if kills:
            Torment(running, sums, "kill", signal.SIGKILL).run(kills)
        if hangs:
            Torment(running, sums, "hang", signal.SIGSTOP).run(hangs)


try:
    main()
except system.Trouble as trouble:
    sys.exit(f"FAIL: {trouble}")
