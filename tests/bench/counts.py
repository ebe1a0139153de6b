"""
Instructions of each operation on one machine, exactly repeatable: held against
budgets.txt, and beside a Linux guest's.
"""

import os
import re

import machine

BUDGETS = "tests/bench/budgets.txt"
IMAGE_GOAL_BYTES = 300 * 1024
LOADED = (".text", ".rodata", ".data")
# A line of the linker's map: section, address, size, object.
MAP_LINE = re.compile(r"^ (\.\S+)\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+) (\S+\.o)$",
                      re.M)
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


def measure(build, disk):
    """({name: instructions}, instructions to the first message or None)"""
    output, log = machine.run(build, disk, "", counted=True)
    first = BOOT_LINE.search(log)
    return machine.figures(output), int(first.group(1)) if first else None


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


def over_budget(rows, found, image, services):
    """Complaints about (found), most of them regressions."""
    for name, budget, _, _ in rows:
        if budget is None:
            continue
        if name not in found:
            yield f"{name}: was not measured"
        elif found[name] > budget:
            yield f"{name}: {found[name]} instructions, budget {budget}"
    if image - services > IMAGE_GOAL_BYTES:
        yield (f"image: {image - services} bytes without services, budget "
               f"{IMAGE_GOAL_BYTES}")


def table(rows, found, linux_name, linux):
    """Lines of Markdown; operations without a budget come last."""
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


def ratios(rows, found, linux):
    return {n: linux[o] / found[n] for n, _, o, _ in rows
            if o in linux and found.get(n)}
