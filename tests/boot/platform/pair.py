#!/usr/bin/env python3
"""
Boots the platform test kernel (argument 1) in two domains of a broker (argument
2) on each kind of machine, and checks what they print and how they end. Exit
status: 0, 1 something failed, 77 no QEMU.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

QEMU = "qemu-system-x86_64"
COMMON = ("-accel tcg -m 64 -nodefaults -no-user-config -display none "
          "-no-reboot -nic none -serial stdio "
          "-device isa-debug-exit,iobase=0xf4,iosize=4 "
          "-object memory-backend-memfd,id=mem,size=64M,share=on").split()
TIMEOUT_S = 60
GOOD = 7 << 1 | 1

BANNER = [r"domain \d+ of the broker, epoch 1", "domains: .*the broker, which"]
BOTH = [*BANNER, r"\d+ ticks", "SUCCESS"]
DEVICE = "vhost-user-fs-pci,chardev=c,tag=nuncio,queue-size=1024"

# name, machine, more QEMU arguments, device, command line
CASES = [
    ("q35", "q35", "-cpu max", DEVICE, ""),
    ("q35 behind a bridge", "q35",
     "-cpu max -device pcie-root-port,id=r,chassis=1", DEVICE + ",bus=r", ""),
    ("pc", "pc", "-cpu max", DEVICE, ""),
    ("microvm", "microvm,pcie=on", "-cpu max", DEVICE, ""),
    ("halting at once", "q35", "-cpu max", DEVICE, "hv-poll-us=0"),
    ("spinning long", "q35", "-cpu max", DEVICE, "hv-poll-us=20000"),
    ("silence", "q35", "-cpu max", DEVICE, ""),
    ("a short queue", "q35", "-cpu max",
     DEVICE.replace("1024", "128"), ""),
]


class Broker:
    """A broker in a directory of its own, and its control socket."""

    def __init__(self, program, directory):
        self.directory = directory
        self.process = subprocess.Popen(
            [program, "--system", directory, "--log",
             os.path.join(directory, "log")], stdin=subprocess.DEVNULL)
        path = os.path.join(directory, "control")
        self.control = socket.socket(socket.AF_UNIX)
        for _ in range(500):
            try:
                self.control.connect(path)
                break
            except OSError:
                time.sleep(0.01)
        else:
            raise RuntimeError("the broker does not listen")
        self.lines = self.control.makefile("rw")

    def add(self, name):
        """The domain's number and the path of its socket."""
        self.lines.write(f"add {name}\n")
        self.lines.flush()
        answer = self.lines.readline()
        match = re.match(r"ok domid=(\d+) socket=(\S+)", answer)
        if match is None:
            raise RuntimeError(f"the broker says {answer!r}")
        return int(match.group(1)), match.group(2)

    def log(self):
        with open(os.path.join(self.directory, "log"),
                  encoding="utf-8") as log:
            return log.read()

    def stop(self):
        self.control.close()
        self.process.terminate()
        return self.process.wait(TIMEOUT_S)


def start(kernel, machine, arguments, device, sock, cmdline):
    return subprocess.Popen(
        [QEMU, *COMMON, *arguments.split(),
         "-machine", machine + ",memory-backend=mem",
         "-chardev", f"socket,id=c,path={sock}", "-device", device,
         "-kernel", kernel, "-append", "exit=0xf4 " + cmdline],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def finish(process):
    try:
        text, _ = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
    return process.returncode, text.decode("utf-8", "replace")


def problems(status, text, expected):
    wrong = [f"no line has: {pattern}" for pattern in expected
             if not re.search(pattern, text)]
    if status != GOOD:
        wrong.append(f"status {status}, not {GOOD}")
    return wrong


def run_pair(case, kernel, broker):
    _, machine, arguments, device, cmdline = case
    (id_a, sock_a), (id_b, sock_b) = broker.add("a"), broker.add("b")
    first = start(kernel, machine, arguments, device, sock_a,
                  f"test=domains role=a peer={id_b} {cmdline}")
    second = start(kernel, machine, arguments, device, sock_b,
                   f"test=domains role=b peer={id_a} {cmdline}")
    ends = [finish(first), finish(second)]
    wrong = problems(*ends[0], BOTH)
    wrong += problems(*ends[1], [*BOTH, "outside of waiting",
                                 "event there and back"])
    return wrong, "--- a\n" + ends[0][1] + "--- b\n" + ends[1][1]


def until(process, text):
    """What the machine prints, up to and with a line that has (text)."""
    printed = ""
    for line in process.stdout:
        printed += line.decode("utf-8", "replace")
        if text in printed:
            return printed
    return printed


def run_silence(case, kernel, broker):
    """The broker stands still for more than 5 s, and comes back."""
    _, machine, arguments, device, cmdline = case
    process = start(kernel, machine, arguments, device, broker.add("a")[1],
                    f"test=silence {cmdline}")
    watch = threading.Timer(TIMEOUT_S, process.kill)
    watch.start()
    text = until(process, "READY")
    broker.process.send_signal(signal.SIGSTOP)
    text += until(process, "waiting for it")
    broker.process.send_signal(signal.SIGCONT)
    text += until(process, "no such line")
    watch.cancel()
    return problems(process.wait(), text, [
        *BANNER, r"broker has not answered for 5 s; waiting for it",
        r"answered after [5-9]\d\d\d ms", "SUCCESS"]), text


def run_refused(case, kernel, broker):
    """A device that cannot carry hypercalls: the kernel goes on alone."""
    _, machine, arguments, device, cmdline = case
    status, text = finish(start(kernel, machine, arguments, device,
                                broker.add("a")[1], f"test=all {cmdline}"))
    wrong = problems(status, text, [
        "no other domains: the broker's device needs queue-size=1024", "SUCCESS"])
    wrong += [f"a line has: {bad}" for bad in ("of the broker", "1af4:105a")
              if bad in text]
    return wrong, text


def run_case(case, kernel, program):
    runs = {"silence": run_silence, "a short queue": run_refused}
    with tempfile.TemporaryDirectory() as directory:
        broker = Broker(program, directory)
        try:
            wrong, text = runs.get(case[0], run_pair)(case, kernel, broker)
        finally:
            broker.process.send_signal(signal.SIGCONT)
            status = broker.stop()
        if status != 0:
            wrong.append(f"the broker's status is {status}")
        return wrong, text + "--- broker\n" + broker.log()


def main():
    if shutil.which(QEMU) is None:
        print("no QEMU")
        return 77
    kernel, program = sys.argv[1:3]
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    show = len(sys.argv) > 3
    failed = count = 0
    for case in CASES:
        if only not in case[0]:
            continue
        wrong, text = run_case(case, kernel, program)
        count += 1
        if wrong:
            failed += 1
            print(f"FAILED {case[0]}: {'; '.join(wrong)}")
        if wrong or show:
            print(text)
    print(f"pair: {count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
