#!/usr/bin/env python3
"""
Who may include whom (docs/architecture.md), and that no includes go in a circle.

A layer is the longest prefix of a file's path in LAYERS. Each may include
itself and what is listed. Generated contract headers count as `contracts`.
"""

import os

from tree import Findings, circles, includes, project_files

LIB = "guest-kernel/lib"
ARCH = "guest-kernel/arch"
LAYERS = {
    "hypercall": (),
    "hv": ("hypercall", ARCH, LIB),
    "hv/broker": ("hypercall",),
    LIB: (),
    ARCH: (LIB, "contracts", "hypercall", "guest-kernel"),
    "guest-kernel": ("hypercall", ARCH, LIB, "contracts"),
    "guest-kernel/init": ("hypercall", "hv", ARCH, LIB, "contracts",
                          "guest-kernel", "drivers", "drivers/rt"),
    "drivers": ("drivers/rt", "contracts", "hypercall", LIB),
    "drivers/rt": ("contracts", LIB),
    "user": ("drivers/rt", "contracts", LIB),
    "contracts": (),
    "tools": ("contracts", LIB),
    "tests": ("hypercall", "hv", "hv/broker", ARCH, LIB, "contracts",
              "guest-kernel", "guest-kernel/init", "drivers", "drivers/rt",
              "user", "tools"),
}
# Layouts of foreign formats that tools may share with the code that reads them.
WIRE_FORMAT = "_abi.h"
# Layers that run without a C library, and what they may use of its headers.
FREESTANDING = {"hypercall", "hv", LIB, ARCH, "guest-kernel",
                "guest-kernel/init", "drivers", "drivers/rt", "user",
                "contracts"}
FREESTANDING_HEADERS = {"stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
                        "stdalign.h", "stdatomic.h", "stdnoreturn.h",
                        "limits.h"}
# Xen's public ABI enters through these layers only; the boot protocol, which is
# Xen's too, through the boot code.
XEN = {"hypercall", "hv", "tests"}
XEN_BOOT = {"xen/elfnote.h", "xen/arch-x86/hvm/start_info.h"}
BOOT = ("guest-kernel/boot/", "guest-kernel/arch/")
# Headers that the build makes, and whose they are.
GENERATED = {"asm_offsets.h": ARCH, "hypercall_call.h": "hypercall"}


def layer_of(path):
    while path:
        path = os.path.dirname(path)
        if path in LAYERS:
            return path
    return None


def is_host_only(path):
    """The stand-ins for hardware and the broker use the host's C library."""
    return path.startswith(("hv/broker/", "hv/fake/", ARCH + "/fake/"))


def check_foreign(findings, path, layer, where, name):
    """An include that is not a file of the project."""
    if name.startswith("contract/"):
        if layer not in ("contracts", "tools") and \
                "contracts" not in LAYERS[layer]:
            findings.add(f"{path} {name}", f"{layer} may not see contracts",
                         where)
    elif name in GENERATED:
        if layer != GENERATED[name] and \
                GENERATED[name] not in LAYERS[layer]:
            findings.add(f"{path} {name}", f"{layer} may not include "
                         f"{GENERATED[name]}", where)
    elif name.startswith("xen/"):
        if layer not in XEN and not (name in XEN_BOOT and
                                     path.startswith(BOOT)):
            findings.add(f"{path} {name}", "Xen's headers belong to hypercall "
                         "and hv", where)
    elif layer in FREESTANDING and not is_host_only(path) and \
            name not in FREESTANDING_HEADERS:
        findings.add(f"{path} {name}", f"{layer} has no such header <{name}>",
                     where)


def main():
    findings = Findings("layers")
    files = project_files(".c", ".h", ".S", ".l", ".y")
    edges = {}
    for path in files:
        layer = layer_of(path)
        if layer is None:
            findings.add(path, "is in no layer")
            continue
        edges[path] = set()
        for line, name, target in includes(path):
            where = f"{path}:{line}"
            if target is None:
                check_foreign(findings, path, layer, where, name)
                continue
            edges[path].add(target)
            there = layer_of(target)
            if there == layer or there in LAYERS[layer]:
                continue
            if layer == "tools" and name.endswith(WIRE_FORMAT):
                continue
            findings.add(f"{path} {name}", f"{layer} may not include {there} "
                         f"({name})", where)
    for group in circles(edges):
        findings.add("circle " + " ".join(group), "include circle: " +
                     " -> ".join(group), group[0])
    findings.finish(f"{len(files)} files")


if __name__ == "__main__":
    main()
