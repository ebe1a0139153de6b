#!/usr/bin/env python3
"""
`make bench`: instructions for each operation, user stubs included, of Nuncio
and of a Linux guest under the same QEMU (-icount: one instruction is one tick
of the time stamp counter, exactly repeatable).

With --short only Nuncio is measured and held against tests/bench/budgets.txt;
that is what `make check` runs. Writes BUILD/bench.json and BUILD/bench.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "linux"))
import guest  # noqa: E402  (found beside this file)

BUDGETS = "tests/bench/budgets.txt"
CONFIG = "configs/bench.conf"
TIMEOUT_S = 300
IMAGE_GOAL_BYTES = 300 * 1024
LOADED = (".text", ".rodata", ".data")
# A line of the linker's map: section, address, size, object.
MAP_LINE = re.compile(r"^ (\.\S+)\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+) (\S+\.o)$",
                      re.M)
LINE = re.compile(r"^bench (\S+) instructions=(\d+)\r?$", re.M)
BOOT_LINE = re.compile(r"first message after (\d+) (?:ticks|instructions)")


def read_budgets():
    """[(name, budget or None, Linux's name or None, text)]"""
    rows = []
    with open(BUDGETS, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, budget, linux, text = line.split(maxsplit=3)
                rows.append((name, None if budget == "-" else int(budget),
                             None if linux == "-" else linux, text.strip()))
    return rows


def measurements(output):
    return {name: int(count) for name, count in LINE.findall(output)}


def make_disk(work):
    """An ext4 image with the file that both guests read."""
    tree = os.path.join(work, "tree")
    os.makedirs(os.path.join(tree, "bench"), exist_ok=True)
    with open(os.path.join(tree, "bench", "file"), "wb") as file:
        file.write(bytes(i * 7 % 251 for i in range(65536)))
    disk = os.path.join(work, "disk.img")
    if os.path.exists(disk):
        os.remove(disk)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, disk, "16M"],
                   check=True, env=dict(os.environ,
                                        PATH=os.environ["PATH"] + ":/sbin"))
    return disk


def run_nuncio(build, disk):
    """(measurements, log) of Nuncio's bench program."""
    command = [f"{build}/nuncio", "run", CONFIG, "--accel", "tcg", "--icount",
               "--disk", f"disk={disk}", "--timeout", str(TIMEOUT_S),
               "--exec", "bench"]
    done = subprocess.run(command, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    found = measurements(done.stdout)
    if done.returncode != 0 or not found:
        print(done.stdout + done.stderr)
        sys.exit(f"bench: the program ended with status {done.returncode}")
    return found, done.stderr


def run_linux(build, work, disk):
    """(name of the kernel, measurements), or (None, {}) with a reason told."""
    try:
        name, output = guest.measure(f"{build}/bench/linux-init", work, disk)
    except guest.Unavailable as reason:
        print(f"bench: no Linux guest: {reason}")
        return None, {}
    found = measurements(output)
    if not found:
        print(output)
        sys.exit("bench: the Linux guest printed no measurements")
    return name, found


def image_bytes(build):
    """
    (bytes of the image's file, bytes that its services take in it), from the
    linker's map; what is not in the file, as zeroed data, does not count.
    """
    with open(f"{build}/nuncio-kernel.map", encoding="utf-8") as file:
        text = file.read()
    # A long section name has the rest on a line of its own.
    text = re.sub(r"^( \.\S+)\n\s+", r"\1 ", text, flags=re.M)
    services = sum(int(size, 16)
                   for section, address, size, name in MAP_LINE.findall(text)
                   if section.startswith(LOADED) and int(address, 16) and
                   ("/svc/" in name or "/drivers/" in name))
    return os.path.getsize(f"{build}/nuncio-kernel"), services


def over_budget(rows, found):
    """Complaints about (found), most of them regressions."""
    for name, budget, _, _ in rows:
        if budget is None:
            continue
        if name not in found:
            yield f"{name}: was not measured"
        elif found[name] > budget:
            yield f"{name}: {found[name]} instructions, budget {budget}"


def table(rows, found, linux_name, linux):
    """The Markdown table; operations without a budget come last."""
    listed = [(n, b, l, t) for n, b, l, t in rows if n in found]
    known = {row[0] for row in rows}
    listed += [(n, None, None, "") for n in found if n not in known]
    yield f"| operation | Nuncio | budget | {linux_name or 'Linux'} | ratio |"
    yield "|---|---:|---:|---:|---:|"
    for name, budget, other, text in listed:
        theirs = linux.get(other)
        ratio = f"{theirs / max(found[name], 1):.1f}" if theirs else ""
        label = f"{name}: {text}" if text else name
        yield (f"| {label} | {found[name]:,} | {budget or ''} | "
               f"{f'{theirs:,}' if theirs else ''} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--short", action="store_true")
    args = parser.parse_args()
    work = os.path.join(args.build, "bench")
    os.makedirs(work, exist_ok=True)
    rows = read_budgets()
    disk = make_disk(work)
    found, log = run_nuncio(args.build, disk)
    linux_name, linux = (None, {}) if args.short else \
        run_linux(args.build, work, disk)
    image, services = image_bytes(args.build)
    first = BOOT_LINE.search(log)
    lines = list(table(rows, found, linux_name, linux))
    lines += ["", f"Kernel image: {image:,} bytes, without services "
              f"{image - services:,}."]
    if first:
        lines.append(f"Kernel entry to the first user message: "
                     f"{int(first.group(1)):,} instructions.")
    print("\n".join(lines))
    with open(f"{args.build}/bench.md", "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    with open(f"{args.build}/bench.json", "w", encoding="utf-8") as out:
        json.dump({"unit": "instructions", "nuncio": found, "linux": linux,
                   "linux_kernel": linux_name, "image_bytes": image,
                   "image_bytes_without_services": image - services,
                   "first_message": int(first.group(1)) if first else None,
                   "ratio": {n: linux[o] / found[n] for n, _, o, _ in rows
                             if o in linux and found.get(n)}}, out, indent=1)
        out.write("\n")
    complaints = list(over_budget(rows, found))
    if image - services > IMAGE_GOAL_BYTES:
        complaints.append(f"image: {image - services} bytes without services, "
                          f"budget {IMAGE_GOAL_BYTES}")
    for complaint in complaints:
        print("over budget: " + complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
