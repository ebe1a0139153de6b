#!/usr/bin/env python3
"""
`make bench`: what messages and files cost on Nuncio, beside a Linux guest under
the same QEMU. Writes BUILD/bench.json, BUILD/bench.md and BUILD/ladder.svg.

With --short only what is exactly repeatable is measured, instructions on one
machine (-icount: one instruction is one tick of the time stamp counter), and held
against tests/bench/budgets.txt; that is what `make check` runs.
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "linux"))
import counts  # noqa: E402
import disk  # noqa: E402
import guest  # noqa: E402  (in linux/)
import ladder  # noqa: E402
import machine  # noqa: E402
import sides  # noqa: E402
import times  # noqa: E402

RING_GOAL_NS = 300
PARTS = ("counts", "ring", "sides", "times", "ladder")


def part_counts(args, result, lines):
    """Instructions on one machine; complaints about them."""
    rows = counts.read_budgets()
    found, first = counts.measure(args.build, args.image)
    linux_name, linux = None, {}
    if not args.short:
        try:
            linux_name, output = guest.measure_disk(
                f"{args.build}/bench/linux-disk", args.work, args.image)
            linux = machine.figures(output)
        except guest.Unavailable as reason:
            print(f"bench: no Linux guest: {reason}")
    image, services = counts.image_bytes(args.build)
    lines += ["## Instructions on one machine", ""]
    lines += counts.table(rows, found, linux_name, linux)
    lines += ["", f"Kernel image: {image:,} bytes, without services "
              f"{image - services:,}."]
    if first:
        lines.append(f"Kernel entry to the first user message: {first:,} "
                     "instructions.")
    result["one machine"] = {
        "unit": "instructions", "nuncio": found, "linux": linux,
        "linux_kernel": linux_name, "image_bytes": image,
        "image_bytes_without_services": image - services,
        "first_message": first, "ratio": counts.ratios(rows, found, linux)}
    return list(counts.over_budget(rows, found, image, services))


def part_ring(args, result, lines):
    """A link's ring between two threads of the host, each on its processor."""
    done = subprocess.run([f"{args.build}/host/bench-ring"], text=True,
                          capture_output=True)
    if done.returncode != 0:
        print(f"bench: no ring between two threads: {done.stderr.strip()}")
        return
    found = machine.figures(done.stdout)
    lines += ["", "## Ring hand-over between two pinned threads of the host", ""]
    lines += [f"- {name}: {ns} ns" for name, ns in found.items()]
    if found and min(found.values()) > RING_GOAL_NS:
        lines += ["", f"Missed: goal {RING_GOAL_NS} ns."]
    result["ring"] = {"unit": "ns", "host": found}


def part_sides(args, result, lines):
    found = sides.measure(args.build, args.image)
    lines += ["", "## Calls between two machines, each counted", ""]
    lines += sides.table(found)
    lines += [""] + [f"Missed: {goal}." for goal in sides.missed(found)]
    result["sides"] = found


def part_times(args, result, lines):
    found, linux = times.measure(args.build, args.work, args.image, args.tree,
                                 args.rounds)
    lines += ["", "## Reads, by the clock", ""]
    lines += times.table(found)
    lines += ["", f"Beside {linux}." if linux else "Without Linux."]
    lines += [f"Missed: {goal}." for goal in times.missed(found)]
    result["times"] = {"unit": "ns", "linux_kernel": linux, "rounds": found}


def part_ladder(args, result, lines):
    found = ladder.measure(args.build, args.image, args.rounds)
    lines += ["", "## The ladder", ""]
    lines += ladder.table(found)
    ladder.plot(found, f"{args.build}/ladder.svg")
    result["ladder"] = [{"step": step, "instructions": count, "ns": ns}
                        for step, count, ns in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, default=5,
                        help="of what is measured by the clock")
    parser.add_argument("--part", action="append", choices=PARTS,
                        help="this part alone; may be repeated")
    args = parser.parse_args()
    args.work = os.path.join(args.build, "bench")
    os.makedirs(args.work, exist_ok=True)
    args.image, args.tree = disk.make(args.work)
    parts = ("counts",) if args.short else args.part or PARTS
    lines = []
    result = {}
    complaints = []
    for part in parts:
        begin = len(lines)
        complaints += machine.must(globals()[f"part_{part}"], args, result,
                                   lines) or []
        print("\n".join(lines[begin:]), flush=True)
    with open(f"{args.build}/bench.md", "w", encoding="utf-8") as out:
        out.write("\n".join(lines).strip() + "\n")
    with open(f"{args.build}/bench.json", "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1)
        out.write("\n")
    for complaint in complaints:
        print("over budget: " + complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
