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
# The connector keeps links and gates of peers that have gone, up to a number.
# When there are no more of them with more clients, and caches are full, what is
# kept for good is there.
WARM_UP = 300
WARM_UPS = 6
# Pages of small objects: one is kept for as long as any object in it lives.
ALLOWED = {"pages": 3, "charged": 3, "purse_pages": 3}


def warm_up(build, running, driver):
    before = None
    for seed in range(WARM_UPS):
        peer.play(build, running, "link-clients", "die", WARM_UP, seed,
                  "large/odd")
        now = driver.rest()
        if before is not None and now["links"] == before["links"]:
            return now
        before = now
    raise system.Trouble(f"what is in use grows with each client: {before}")


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
        before = warm_up(build, running, driver)
        out = peer.play(build, running, "link-clients", "die", count,
                        random.randrange(1 << 31), "large/odd")
        print(out.decode(), end="")
        after = driver.rest()
        print(f"before: {before}\nafter:  {after}", flush=True)
        wrong = [key for key in before
                 if after[key] - before[key] > ALLOWED.get(key, 0) or
                 (key not in ALLOWED and after[key] < before[key])]
        if wrong or after["pages"] != after["charged"]:
            raise system.Trouble(f"not as before: {wrong}")
        if running.domains()["driver"]["restarts"]:
            raise system.Trouble("the driver domain was started again")


try:
    main()
except system.Trouble as trouble:
    sys.exit(f"FAIL: {trouble}")
