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
# Enough for every place that the connector has for peers to have been taken,
# and for the caches to be full: what is kept for good is had then.
WARM_UP = 200


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
        seed = random.randrange(1 << 31)
        peer.play(build, running, "link-clients", "die", WARM_UP, seed,
                  "large/odd")
        before = driver.rest()
        out = peer.play(build, running, "link-clients", "die", count, seed + 1,
                        "large/odd")
        print(out.decode(), end="")
        after = driver.rest()
        print(f"before: {before}\nafter:  {after}", flush=True)
        wrong = [key for key in peer.SAME if before[key] != after[key]]
        if wrong or after["pages"] != after["charged"]:
            raise system.Trouble(f"not as before: {wrong}")
        if running.domains()["driver"]["restarts"]:
            raise system.Trouble("the driver domain was started again")


try:
    main()
except system.Trouble as trouble:
    sys.exit(f"FAIL: {trouble}")
