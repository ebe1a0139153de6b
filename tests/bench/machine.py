"""Runs the program `bench` on Nuncio, in one machine or in several."""

import os
import re
import subprocess
import sys

CONFIG = "configs/bench.conf"
TIMEOUT_S = 300
LINE = re.compile(r"^bench (\S+) (?:instructions|ns)=(\d+)\r?$", re.M)
COUNTER = re.compile(r"(\S+)=(\d+)")


class Failed(Exception):
    """The program did not do what it should; the text has what it printed."""


def looking_build(build, poll_us):
    """
    (build) with a broker that looks for a domain's next hypercall for up to
    (poll_us) before it waits to be told of one.
    """
    path = os.path.abspath(f"{build}/bench/looking")
    os.makedirs(path, exist_ok=True)
    for name in ("image", "nuncio-kernel", "nuncio"):
        if not os.path.lexists(f"{path}/{name}"):
            os.symlink(os.path.abspath(f"{build}/{name}"), f"{path}/{name}")
    with open(f"{path}/nuncio-broker", "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nexec {os.path.abspath(build)}/nuncio-broker "
                     f'--poll-max-us {poll_us} "$@"\n')
    os.chmod(f"{path}/nuncio-broker", 0o755)
    return path


def run(build, disk, command, config=CONFIG, place=(), append="",
        counted=False):
    """
    (standard output, standard error) of `bench (command)`. (counted): one tick of
    the time stamp counter is one instruction. A machine that is alone leaps over
    the time in which it has nothing to do; one of several must not, for time
    would be over before the others have answered.
    """
    several = any(p.split("=")[1].startswith("domain") for p in place)
    words = [f"{build}/nuncio", "run", config, "--build", build, "--accel",
             "tcg", "--disk", f"disk={disk}", "--timeout", str(TIMEOUT_S),
             "--exec", f"bench {command}".strip()]
    for where in place:
        words += ["--place", where]
    if append:
        words += ["--append", append]
    if counted and several:
        words += ["--qemu-arg=-icount", "--qemu-arg=shift=0,sleep=on"]
    elif counted:
        words += ["--icount"]
    done = subprocess.run(words, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}: status {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def figures(output):
    """{name: number} of the lines `bench NAME ...`."""
    return {name: int(number) for name, number in LINE.findall(output)}


def counters(output, what):
    """[(words before the counters, {counter: number})] of lines `WHAT ...`."""
    found = []
    for line in output.splitlines():
        words = line.split()
        if words[:1] == [what]:
            found.append(([w for w in words[1:] if "=" not in w],
                          {k: int(v) for k, v in COUNTER.findall(line)}))
    return found


def must(function, *args, **more):
    """The result of (function); the end of the measurement if it failed."""
    try:
        return function(*args, **more)
    except Failed as failed:
        sys.exit(f"bench: {failed}")
