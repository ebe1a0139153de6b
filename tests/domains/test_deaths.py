#!/usr/bin/env python3
"""
Clients of a driver domain that die in the middle of whatever they do, played by
programs that do by hand what a client's kernel does. Before that one of them
reads files and has the right bytes, so they can. Afterwards the driver domain
has in use what it had before the first. Arguments: build directory, number of
clients that die.
"""

import os
import random
import sys

import peer
import system

FILES = ("large/odd", "small/01/file-0041", "empty", "bench/file")
# The connector keeps a link and a gate for each of the places that it has for
# peers (LINKS_PEERS_MAX). When all have been taken, and caches are full, what is
# kept for good is there.
PLACES = 62
WARM_UP = 300


def warm_up(build, running, driver):
    for seed in range(5):
        peer.play(build, running, "link-clients", "die", WARM_UP, seed,
                  "large/odd")
        if driver.rest()["links"] == PLACES:
            return
    raise system.Trouble(f"not all places taken: {driver.figures()}")


def main():
    build, count = sys.argv[1], int(sys.argv[2])
    disk = system.disk(build)
    with system.System(build, "configs/files.conf",
                       ["--place", "fs=domain", "--watchdog", "20"],
                       disk) as running:
        driver = peer.Driver(running)
        for name in FILES:
            with open(os.path.join(disk + ".tree", name), "rb") as file:
                if peer.play(build, running, "link-clients", "sum",
                             name) != file.read():
                    raise system.Trouble(f"{name}: the wrong bytes by hand")
        print(f"{len(FILES)} files read by hand: the right bytes")
        warm_up(build, running, driver)
        before = driver.rest()
        out = peer.play(build, running, "link-clients", "die", count,
                        random.randrange(1 << 31), "large/odd")
        print(out.decode(), end="")
        after = driver.rest()
        print(f"before: {before}\nafter:  {after}", flush=True)
        if after != before or after["pages"] != after["charged"]:
            raise system.Trouble("not as before")
        if running.domains()["driver"]["restarts"]:
            raise system.Trouble("the driver domain was started again")


try:
    main()
except system.Trouble as trouble:
    sys.exit(f"FAIL: {trouble}")
