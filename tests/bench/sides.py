"""
What a call between two machines costs: instructions that both run for it, and
events that cost on hardware. Instructions spent looking whether something has
come, and time in which a machine has nothing to do, are not counted.
"""

import machine

PLACES = ("fs=domain", "pong=domain")
# How long, at most, each kernel looks for messages before it waits for an
# interrupt and for a hypercall's answer before it halts, and the broker for the
# next hypercall before it waits for a doorbell.
MODES = {"polled": ("link-poll-us=5000 hv-poll-us=1000", 10000),
         "sleeping": ("link-poll-us=0 hv-poll-us=1000", 0)}
COLUMNS = ("busy", "hypercalls", "operations", "doorbells", "interrupts")
GOAL_INSTRUCTIONS = 1500
SPREAD = 0.1


def measure(build, disk):
    """{mode: {operation: {counter: number for a call}}}"""
    found = {}
    for mode, (words, broker_us) in MODES.items():
        output, _ = machine.run(machine.looking_build(build, broker_us), disk,
                                "sides", place=PLACES, append=words,
                                counted=True)
        found[mode] = {
            names[0]: {key: number / counts["calls"]
                       for key, number in counts.items() if "." in key}
            for names, counts in machine.counters(output, "sides")}
    return found


def both(counts, column):
    return counts["near." + column] + counts["far." + column]


def table(found):
    yield ("| call and its reply | mode | instructions: client's machine | "
           "server's | both | hypercalls | operations in them | doorbells | "
           "interrupts |")
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for mode, operations in found.items():
        for name, counts in operations.items():
            events = " | ".join(f"{both(counts, column):.2f}"
                                for column in COLUMNS[1:])
            yield (f"| {name} | {mode} | {counts['near.busy']:,.0f} | "
                   f"{counts['far.busy']:,.0f} | "
                   f"{both(counts, 'busy'):,.0f} | {events} |")


def missed(found):
    """Goals that are not met, in words."""
    for mode, operations in found.items():
        counts = operations.get("round-trip")
        if counts is None:
            yield f"call between machines, {mode}: not measured"
            continue
        busy = both(counts, "busy")
        if busy > GOAL_INSTRUCTIONS:
            yield (f"call between machines, {mode}: {busy:,.0f} instructions, "
                   f"goal {GOAL_INSTRUCTIONS:,}")
        allowed = 0 if mode == "polled" else 2
        for column in ("doorbells", "interrupts"):
            number = both(counts, column)
            if number > allowed + SPREAD:
                yield (f"call between machines, {mode}: {number:.2f} {column}, "
                       f"goal {allowed}")
