#!/usr/bin/env python3
"""
Boots the platform test kernel (argument 1) on each kind of machine and checks
what it prints and how it ends. Exit status: 0, 1 something failed, 77 no QEMU.
"""

import re
import shutil
import subprocess
import sys
import tempfile

QEMU = "qemu-system-x86_64"
COMMON = ("-accel tcg -m 128 -nodefaults -no-user-config -display none "
          "-no-reboot -nic none -serial stdio "
          "-device isa-debug-exit,iobase=0xf4,iosize=4").split()
TIMEOUT_S = 60
GOOD = 7 << 1 | 1
PANIC = 126 << 1 | 1
RESET = 0  # QEMU's status when a machine with -no-reboot resets or powers off

FULL = ["NX SMEP SMAP UMIP WP PGE", "5 ticks in", "COM1's line works",
        "enforced by:", "SUCCESS"]
CARD = ["messages work"]
LINE = ["level lines work"]


def panics(*lines):
    return ["panic: unexpected page fault", *lines, "backtrace:",
            "nuncio: exit 126"]


# name, machine, QEMU arguments, command line, what is printed, exit status
CASES = [
    ("q35", "q35", "-cpu max -device e1000e", "test=all exit=0xf4",
     ["booted by PVH", *FULL, *CARD], GOOD),
    ("q35 behind a bridge", "q35",
     "-cpu max -device pcie-root-port,id=r,chassis=1 -device e1000e,bus=r",
     "test=all exit=0xf4", [*FULL, *CARD], GOOD),
    ("pc", "pc", "-cpu max -device e1000e", "test=all exit=0xf4",
     [*FULL, *CARD], GOOD),
    ("pc, 5 GiB, an old processor", "pc", "-cpu qemu64 -m 5G",
     "test=all exit=0xf4", ["NX WP PGE", "SUCCESS"], GOOD),
    ("pc without PIT", "pc", "-cpu max -machine pit=off",
     "test=all exit=0xf4", ["clock ACPI timer", *FULL], GOOD),
    ("microvm", "microvm", "-cpu max -device virtio-rng-device",
     "test=all exit=0xf4",
     [*FULL, *LINE, r"device bus 2 .* slot feb02e00 irqs 1 line 47"],
     GOOD),
    ("microvm without ACPI", "microvm,acpi=off",
     "-cpu max -device virtio-rng-device", "test=all exit=0xf4",
     [*FULL, *LINE, r"device bus 2 .* slot feb00e00 irqs 1 line 12"],
     GOOD),
    ("microvm without PIT, PIC, RTC", "microvm,pit=off,pic=off,rtc=off",
     "-cpu max", "test=all exit=0xf4",
     ["taken as 1 GHz", "epoch 0", *FULL], GOOD),
    ("microvm with PCI", "microvm,pcie=on", "-cpu max -device e1000e",
     "test=all exit=0xf4", [*FULL, *CARD], GOOD),
    ("counted instructions", "q35", "-cpu max -icount shift=0,sleep=off",
     "test=all exit=0xf4", ["clock PIT at (999|1000) MHz", *FULL], GOOD),
    ("power off by ACPI", "q35", "-cpu max", "test=all", FULL, RESET),
    ("reset", "microvm", "-cpu max", "test=all", FULL, RESET),
    ("a hostile device word", "microvm,acpi=off", "-cpu max",
     "test=all exit=0xf4 virtio_mmio.device=512@0x200000:5 "
     "virtio_mmio.device=4G@1:1 virtio_mmio.device=512@0xfeb00000:999",
     ["virtio_mmio.device word 1 is not", "virtio_mmio.device word 2 is not",
      "SUCCESS"], GOOD),
    ("too long a command line", "q35", "-cpu max",
     "test=all exit=0xf4 " + "x" * 2048,
     ["panic: boot information: command line is longer than 2047 bytes"],
     RESET),
    ("no NX", "q35", "-cpu max,-nx", "test=all exit=0xf4",
     ["panic: this machine lacks NX"], PANIC),
    ("write to text", "q35", "-cpu max", "test=write-text exit=0xf4",
     panics("error 3 cr2 ffffffff80200000"), PANIC),
    ("write to rodata", "q35", "-cpu max", "test=write-rodata exit=0xf4",
     panics(r"error 3 cr2 ffffffff802\w{5}"), PANIC),
    ("write to text by its alias", "q35", "-cpu max",
     "test=write-alias exit=0xf4", panics("error 3 cr2 ffff800000200000"),
     PANIC),
    ("execute data", "q35", "-cpu max", "test=execute-data exit=0xf4",
     panics("error 11 cr2", "boot_start"), PANIC),
    ("page zero", "q35", "-cpu max", "test=page-zero exit=0xf4",
     panics("error 0 cr2 0000000000000000", r"panic_page_zero\+0x"), PANIC),
    ("stack overflow", "q35", "-cpu max", "test=stack-overflow exit=0xf4",
     panics("error 2 cr2", r"recurse\+0x"), PANIC),
    ("assertion", "q35", "-cpu max", "test=assert exit=0xf4",
     ["panics.c:.*assertion failed", r"kernel_main\+0x", "nuncio: exit 126"],
     PANIC),
    ("no FPU", "q35", "-cpu max", "test=fpu exit=0xf4",
     ["panic: unexpected no FPU"], PANIC),
]


def run(kernel, machine, arguments, cmdline):
    command = [QEMU, *COMMON, "-machine", machine, *arguments.split(),
               "-kernel", kernel, "-append", cmdline]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_S, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode("utf-8", "replace")


def problems(case, kernel):
    _, machine, arguments, cmdline, expected, status = case
    got, text = run(kernel, machine, arguments, cmdline)
    wrong = [f"no line has: {pattern}" for pattern in expected
             if not re.search(pattern, text)]
    if got != status:
        wrong.append(f"status {got}, not {status}")
    return wrong, text


def check_ports(kernel):
    """Log and trace go where the command line says, and nowhere else."""
    with tempfile.NamedTemporaryFile() as log, \
            tempfile.NamedTemporaryFile() as trace:
        arguments = (f"-cpu max -chardev file,id=l,path={log.name} "
                     "-device isa-debugcon,iobase=0xe9,chardev=l "
                     f"-chardev file,id=t,path={trace.name} "
                     "-device isa-debugcon,iobase=0x5e9,chardev=t")
        status, text = run(kernel, "q35", arguments,
                           "test=all exit=0xf4 log=e9 trace=0x5e9")
        wrong = [] if status == GOOD else [f"status {status}"]
        if text.strip("\0\r\n "):
            wrong.append(f"on COM1: {text!r}")
        if b"SUCCESS\n" not in log.read():
            wrong.append("the log lacks SUCCESS")
        if trace.read() != b"TRACE":
            wrong.append("the trace is not TRACE")
        return wrong, text


def main():
    if shutil.which(QEMU) is None:
        print("no QEMU")
        return 77
    kernel = sys.argv[1]
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    results = [(case[0], *problems(case, kernel)) for case in CASES
               if only in case[0]]
    if only in "ports":
        results.append(("ports", *check_ports(kernel)))
    failed = [r for r in results if r[1]]
    for name, wrong, text in failed:
        print(f"FAILED {name}: {'; '.join(wrong)}\n{text}")
    print(f"platform: {len(results) - len(failed)} passed, "
          f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
