#!/usr/bin/env python3
"""
A stand-in for QEMU in systems of several domains. What it does is in $WORK/do.
NAME, a word for each life, the last for all that follow; NAME is that of its
socket at the broker.

  run      says hello and stays
  die      says hello, and ends      fail    ends, without hello
  panic    says hello, and its kernel panics
  hang     says hello, serves, and hangs
  slow     says hello, and is silent for longer than the watchdog likes
  exitN    ends with status N, as a main domain does
  until:NAME:N:STATUS   says hello, waits for the Nth life of domain NAME (and
           that it said hello), then ends with STATUS
"""

import os
import re
import socket
import sys
import time

WORK = os.environ["WORK"]
line = " ".join(sys.argv)
ends = {name: socket.socket(fileno=int(fd)) for name, fd in
        re.findall(r"socket,id=(\w+),fd=(\d+)", line)}
path = re.search(r"socket,id=nuncio,path=(\S+)", line).group(1)
name = os.path.basename(path)[:-len(".sock")]


def note(file_name, text):
    with open(f"{WORK}/{file_name}", "a", encoding="utf-8") as file:
        file.write(text + "\n")


def count(file_name):
    try:
        with open(f"{WORK}/{file_name}", encoding="utf-8") as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


def log(text):
    ends["log"].sendall(text.encode())


note("pids", f"{name} {os.getpid()}")
note("command." + name, line)
life = count("lives." + name)
note("lives." + name, "x")
with open(f"{WORK}/do.{name.split('-')[0]}", encoding="utf-8") as plan:
    words = plan.read().split()
do = words[min(life, len(words) - 1)]
log(f"life {life + 1}\n")
if do == "fail":
    print("cannot do it", file=sys.stderr)
    os._exit(3)
broker = socket.socket(socket.AF_UNIX)
broker.connect(path)
broker.sendall(b"hello\n")
note("hello." + name, "x")
if "trace" in ends:
    ends["trace"].sendall(f"records {name} {life + 1}".encode())
if do.startswith("exit"):
    ends["terminal"].sendall(b"output\n")
    log(f"nuncio: exit {do[4:]}\n")
    os._exit(1)
if do.startswith("until:"):
    _, other, lives, status = do.split(":")
    ends["terminal"].sendall(b"output\n")
    while count("hello." + other) < int(lives):
        time.sleep(0.02)
    log(f"nuncio: exit {status}\n")
    os._exit(1)
ends["terminal"].sendall(b"driver speaks\n")
if do == "die":
    time.sleep(0.5)
    os._exit(3)
if do == "panic":
    time.sleep(0.3)
    log("panic: lost\n")
    os._exit(3)
if do == "slow":
    broker.sendall(b"hang\n")
    time.sleep(1.5)
broker.sendall(b"ready\n")
if do == "hang":
    broker.sendall(b"hang\n")
time.sleep(60)
