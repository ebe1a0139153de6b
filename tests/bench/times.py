"""
Reads by the clock, for each placement of the file service, beside a Linux guest
that reads the same file of its host by virtio-9p. Both are emulated by the same
QEMU without -icount: more than one machine and a server on the host take part,
so there is no one counter of instructions. The machines take turns, and the
median of the rounds is given, for the host may have other things to do.
"""

import statistics

import guest
import machine

PLACEMENTS = {
    "in the process": ("fs=inproc", "block=inproc"),
    "in the kernel": ("fs=kernel", "block=kernel"),
    "a process": ("fs=process", "block=process"),
    "a domain": ("fs=domain", "pong=domain"),
}
LINUX = "Linux, virtio-9p"
OPERATIONS = {"read-4096": "read 4 KiB", "read-131072": "read 128 KiB",
              "round-trip": "call and reply, 4 words"}
GOAL_RATIO = 2.0


def measure(build, work, disk, tree, rounds):
    """({row: {operation: [ns]}}, name of the Linux kernel or None)"""
    found = {}
    linux = None

    def note(row, output):
        for name, ns in machine.figures(output).items():
            found.setdefault(row, {}).setdefault(name, []).append(ns)

    for number in range(rounds):
        for row, place in PLACEMENTS.items():
            note(row, machine.run(build, disk, "time", place=place)[0])
        if number > 0 and linux is None:
            continue
        try:
            linux, output = guest.measure_shared(
                f"{build}/bench/linux-shared", work, tree)
            note(LINUX, output)
        except guest.Unavailable as reason:
            print(f"bench: no Linux guest with 9p: {reason}")
    return found, linux


def of_rounds(found, row, operation, choose=statistics.median):
    values = found.get(row, {}).get(operation)
    return choose(values) if values else None


def cell(found, row, operation):
    """Median and least of the rounds, in microseconds."""
    if not found.get(row, {}).get(operation):
        return ""
    return (f"{of_rounds(found, row, operation) / 1000:,.1f} "
            f"({of_rounds(found, row, operation, min) / 1000:,.1f})")


def against_linux(found, row, operation, choose=statistics.median):
    """How many times faster (row) is; None for Linux itself or without it."""
    theirs = of_rounds(found, LINUX, operation, choose)
    ours = of_rounds(found, row, operation, choose)
    return None if row == LINUX or not theirs or not ours else theirs / ours


def ratio_cell(found, row, operation):
    if against_linux(found, row, operation) is None:
        return ""
    return (f"{against_linux(found, row, operation):.2f} "
            f"({against_linux(found, row, operation, min):.2f})")


def table(found):
    """The least of the rounds is given too: it is the one that the host's other
    work disturbed least."""
    yield ("| file service is | " + " | ".join(
        f"{text}, µs" for text in OPERATIONS.values()) +
        " | 9p / ours: 4 KiB | 128 KiB |")
    yield "|---|" + "---:|" * (len(OPERATIONS) + 2)
    for row in found:
        cells = [cell(found, row, name) for name in OPERATIONS]
        cells += [ratio_cell(found, row, name) for name in list(OPERATIONS)[:2]]
        yield f"| {row} | " + " | ".join(cells) + " |"
    yield ""
    yield "The median of the rounds, and the least in brackets."


def missed(found):
    for operation in list(OPERATIONS)[:2]:
        ratio = against_linux(found, "a domain", operation)
        if ratio is not None and ratio < GOAL_RATIO:
            yield (f"{OPERATIONS[operation]} from a domain: {ratio:.2f} times "
                   f"as fast as virtio-9p, goal {GOAL_RATIO:.0f}")
