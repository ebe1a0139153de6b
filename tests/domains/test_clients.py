#!/usr/bin/env python3
"""
Five client domains at once, each started and stopped at random, on one driver
domain: those that are let run to their end have the host's sums, and when all
are gone the driver domain holds nothing for any of them. Arguments: build
directory, number of clients in all.
"""

import os
import random
import signal
import sys
import time

import system

AT_ONCE = 5
CLIENT_SECONDS = 240
STOPPED = (1, 3)  # of each five do not reach their end


class Clients:
    """Those that run now, and what became of the others."""

    def __init__(self, running, sums):
        self.running = running
        self.sums = sums
        self.now = []  # (client, when it is stopped or None)
        self.whole = self.stopped = 0

    def start(self, number):
        ends = None
        if number % 5 in STOPPED:
            ends = time.monotonic() + random.uniform(0.3, 6)
        self.now.append((self.running.client("sum -r /"), ends))

    def look(self):
        """Stops whose time has come; checks who has ended."""
        for entry in list(self.now):
            client, ends = entry
            if client.is_running() and ends and time.monotonic() > ends:
                # Without a word, like a machine that loses its power.
                client.process.send_signal(signal.SIGKILL)
                client.process.wait()
                self.stopped += 1
                self.now.remove(entry)
            elif not client.is_running():
                self.check(client)
                self.now.remove(entry)

    def check(self, client):
        status, out = client.finish(CLIENT_SECONDS)
        if status != 0 or sorted(out.splitlines()) != self.sums:
            raise system.Trouble(f"a client ended with status {status} and "
                                 f"{len(out.splitlines())} of {len(self.sums)} "
                                 f"sums: {client.said()}")
        self.whole += 1


def main():
    build, count = sys.argv[1], int(sys.argv[2])
    disk = system.disk(build)
    sums = system.host_sums(disk)
    with system.System(build, "configs/files.conf",
                       ["--place", "fs=domain", "--watchdog", "20"],
                       disk) as running:
        clients = Clients(running, sums)
        started = 0
        while started < count or clients.now:
            while started < count and len(clients.now) < AT_ONCE:
                started += 1
                clients.start(started)
            time.sleep(0.1)
            clients.look()
        if not clients.whole or not clients.stopped:
            raise system.Trouble(f"{clients.whole} ended and {clients.stopped} "
                                 "were stopped: not both were tried")
        running.wait_for(lambda: list(running.domains()) == ["driver"], 20,
                         "a client's domain is still there")
        driver = running.domains()["driver"]
        if driver["restarts"]:
            raise system.Trouble("the driver domain was started again")
        print(f"{clients.whole} clients with all sums right, {clients.stopped} "
              f"stopped in between, {AT_ONCE} at once")


try:
    main()
except system.Trouble as trouble:
    sys.exit(f"FAIL: {trouble}")
