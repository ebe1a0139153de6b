"""
The ladder: one load of files, with client, file system and disk in one, two and
three protection domains, by two measures: instructions of all machines together
(-icount; the broker on the host is no machine), and time. Beside it what
Singularity's authors published for their WebFiles (Aiken et al., "Deconstructing
Process Isolation", MSPC 2006), in time on one machine.
"""

import chart
import machine

CONFIG = "tests/bench/load.conf"
OPS = 1000
STEPS = (
    ("one process", ("fs=inproc", "block=inproc")),
    ("two processes: client; fs and disk", ("fs=process", "block=inproc")),
    ("three: client; fs and disk in ring 0", ("fs=kernel", "block=kernel")),
    ("three processes", ("fs=process", "block=process")),
    ("two machines: client; fs and disk",
     ("fs=domain", "pong=domain", "block=inproc")),
    ("three machines",
     ("fs=domain:files", "pong=domain:files", "block=domain:disk",
      "pong-disk=domain:disk")),
)
SINGULARITY = (("MMU on, one domain", 6.3),
               ("two domains, client in ring 0", 18.9),
               ("two domains, client in ring 3", 33.0),
               ("three domains", 37.7))


def one(build, disk, place, counted):
    output, _ = machine.run(build, disk, f"load {OPS}", config=CONFIG,
                            place=place, counted=counted)
    found = machine.counters(output, "load")
    if not found:
        raise machine.Failed("the load printed nothing:\n" + output)
    return found[0][1]


def measure(build, disk, rounds):
    """[(step, instructions for an operation, ns for an operation)]"""
    counts = {}
    times = {step: [] for step, _ in STEPS}
    for step, place in STEPS:
        found = one(build, disk, place, True)
        counts[step] = sum(number for key, number in found.items()
                           if key.endswith(".busy")) / found["ops"]
    for _ in range(rounds):
        for step, place in STEPS:
            found = one(build, disk, place, False)
            times[step].append(found["ns"] / found["ops"])
    # The least: what the host does besides can only make it longer.
    return [(step, counts[step], min(times[step])) for step, _ in STEPS]


def over_first(values):
    return [100 * (value / values[0] - 1) for value in values]


def percent(value):
    return f"{value:+,.1f} %"


def table(found):
    yield ("| client, file system and disk in | instructions for a file | over "
           "the first | time for a file, µs | over the first |")
    yield "|---|---:|---:|---:|---:|"
    counts = over_first([row[1] for row in found])
    times = over_first([row[2] for row in found])
    for (step, count, ns), more, longer in zip(found, counts, times):
        yield (f"| {step} | {count:,.0f} | {percent(more)} | "
               f"{ns / 1000:,.0f} | {percent(longer)} |")
    yield ""
    yield ("Singularity's WebFiles, time over the first: " + "; ".join(
        f"{step} {percent(value)}" for step, value in SINGULARITY) + ".")


def plot(found, path):
    steps = [row[0] for row in found][1:]
    counts = over_first([row[1] for row in found])[1:]
    times = over_first([row[2] for row in found])[1:]
    chart.write(path, "What protection domains cost a load of files", "%", (
        ("Singularity's WebFiles, time over one domain without MMU",
         list(SINGULARITY)),
        ("Nuncio, instructions of all machines over one process",
         list(zip(steps, counts))),
        ("Nuncio, time over one process, emulated",
         list(zip(steps, times)))))
