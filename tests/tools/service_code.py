#!/usr/bin/env python3
"""
service_code.py BUILD SERVICE...: the code of each service is the same in its
image and in the kernel image: every function of BUILD/svc/SERVICE.o is found in
both, byte for byte but for the addresses that linking fills in.
"""

import struct
import sys

SHT_SYMTAB, SHT_RELA = 2, 4
STT_FUNC = 2
# The linker may turn a load from the GOT into `lea`: the opcode changes.
GOTPCRELX, REX_GOTPCRELX = 41, 42
WIDE = {1: 8}  # R_X86_64_64; all others have four bytes


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:4] != b"\x7fELF":
            sys.exit(f"{path}: no ELF file")
        offset, = struct.unpack_from("<Q", self.data, 40)
        size, count, _ = struct.unpack_from("<HHH", self.data, 58)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.data,
                                            offset + i * size)
                         for i in range(count)]

    def contents(self, section):
        return self.data[section[4]:section[4] + section[5]]

    def functions(self):
        """[(name, section index, offset in it, bytes)]"""
        found = []
        for section in self.sections:
            if section[1] != SHT_SYMTAB:
                continue
            names = self.contents(self.sections[section[6]])
            table = self.contents(section)
            for at in range(0, len(table), 24):
                name, info, _, index, value, size = struct.unpack_from(
                    "<IBBHQQ", table, at)
                if info & 15 != STT_FUNC or size == 0 or \
                        index >= len(self.sections):
                    continue
                text = names[name:names.index(b"\0", name)].decode()
                found.append((text, index, value - self.sections[index][3],
                              size))
        return found

    def code(self, index, offset, size):
        section = self.sections[index]
        return self.data[section[4] + offset:section[4] + offset + size]

    def holes(self):
        """{section index: offsets of bytes that linking changes}"""
        holes = {}
        for section in self.sections:
            if section[1] != SHT_RELA:
                continue
            table = self.contents(section)
            mine = holes.setdefault(section[7], set())
            for at in range(0, len(table), 24):
                offset, info, _ = struct.unpack_from("<QQq", table, at)
                kind = info & 0xffffffff
                before = 3 if kind in (GOTPCRELX, REX_GOTPCRELX) else 0
                mine.update(range(offset - before,
                                  offset + WIDE.get(kind, 4)))
        return holes


def masked(code, start, holes):
    return bytes(0 if start + i in holes else b for i, b in enumerate(code))


def missing(service, linked):
    """Names of functions of (service) that are not in (linked) as they are."""
    there = {}
    for name, index, offset, size in linked.functions():
        there.setdefault(name, []).append(linked.code(index, offset, size))
    holes = service.holes()
    for name, index, offset, size in service.functions():
        mine = holes.get(index, set())
        wanted = masked(service.code(index, offset, size), offset, mine)
        if not any(masked(code, offset, mine) == wanted
                   for code in there.get(name, [])):
            yield name


def main():
    build = sys.argv[1]
    kernel = Elf(f"{build}/nuncio-kernel.elf")
    wrong = 0
    for name in sys.argv[2:]:
        service = Elf(f"{build}/svc/{name}.o")
        image = Elf(f"{build}/svc/{name}.elf")
        count = len(service.functions())
        if count == 0:
            sys.exit(f"{name}: no functions found")
        for where, linked in (("image", image), ("kernel", kernel)):
            # What nothing refers to is dropped by the linker, in both alike.
            dropped = set(missing(service, linked))
            if where == "image":
                unused = {n for n in dropped if n not in
                          {f[0] for f in linked.functions()}}
            for function in sorted(dropped - unused):
                print(f"{name}: {function} is different in the {where}")
                wrong += 1
        print(f"{name}: {count - len(unused)} functions compared")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
