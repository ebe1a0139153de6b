"""
Commands for gdb that know the kernel's structures:

  nu-threads              every thread: process, state, where it is
  nu-handles [PROCESS]    what the handles of a process (id or name) name
  nu-purses               limits and charges, and their sum
  nu-pagetable [ADDRESS]  the walk for an address, or all ranges that are mapped,
                          in the page tables in use

Nothing in the guest is changed or called: they read memory only.
"""

import gdb

DIRECT_MAP = 0xffff800000000000
ADDRESS_MASK = 0x000ffffffffff000
PRESENT, WRITE, USER, LARGE, NX = 1, 2, 4, 1 << 7, 1 << 63


def type_of(name):
    return gdb.lookup_type("struct " + name)


def offset_of(type_name, member):
    return next(field.bitpos // 8 for field in type_of(type_name).fields()
                if field.name == member)


def entries(head, type_name, member):
    """The structs of an intrusive list, given its head node."""
    end = int(head.address)
    node = head["next"]
    offset = offset_of(type_name, member)
    while int(node) not in (0, end):
        entry = gdb.Value(int(node) - offset)
        yield entry.cast(type_of(type_name).pointer())
        node = node.dereference()["next"]


def enum_name(enum, value):
    """The name of (value) less its prefix: "receiving" of thread_state."""
    prefix = enum.split("_")[0].upper() + "_"
    for field in gdb.lookup_type("enum " + enum).fields():
        if field.enumval == int(value):
            name = field.name.replace(prefix, "", 1)
            return name.replace("STATE_", "", 1).lower()
    return str(int(value))


# contracts/process.contract; the kernel's enum is in no variable's type, so the
# debug information has nothing about it.
PROCESS_STATES = ("building", "sealed", "running", "ended")


class Found:
    """All that can be reached from the running thread."""

    def __init__(self):
        self.threads, self.processes, self.seen = {}, {}, set()
        self.todo = []
        self.add("thread", gdb.parse_and_eval("current"))
        while self.todo:
            kind, value = self.todo.pop()
            getattr(self, "visit_" + kind)(value)

    def add(self, kind, pointer):
        if int(pointer) and (kind, int(pointer)) not in self.seen:
            self.seen.add((kind, int(pointer)))
            self.todo.append((kind, pointer))

    def add_inbox(self, inbox):
        for name in ("receivers", "senders"):
            for thread in entries(inbox[name], "thread", "link"):
                self.add("thread", thread)

    def visit_thread(self, thread):
        self.threads[int(thread["id"])] = thread
        for name in ("client", "server"):
            self.add("thread", thread[name])
        self.add("process", thread["process"])

    def visit_process(self, process):
        self.processes[int(process["id"])] = process
        for thread in entries(process["threads"], "thread", "in_process"):
            self.add("thread", thread)
        for name in ("fault_notice", "exit_notice"):
            self.add("port", process[name]["port"])
        for _, slot in handles(process):
            self.visit_object(slot["object"])

    def visit_object(self, pointer):
        kind = enum_name("object_type", pointer["type"])
        kind = {"channel": "endpoint"}.get(kind, kind)
        if kind in ("thread", "process", "port", "endpoint", "reply"):
            self.add(kind, pointer.cast(type_of(kind).pointer()))

    def visit_port(self, port):
        self.add_inbox(port["inbox"])

    def visit_endpoint(self, end):
        self.add_inbox(end["own"])
        self.add("port", end["port"])
        if int(end["peer"]) and ("endpoint", int(end["peer"])) not in self.seen:
            self.add("endpoint", end["peer"])

    def visit_reply(self, reply):
        self.add("thread", reply["client"])


def handles(process):
    """(number, slot) of each used slot of the process's table."""
    table = process["handles"]
    if not int(table["slots"]):
        return
    for index in range(int(table["mask"]) + 1):
        slot = table["slots"][index]
        if int(slot["object"]) and int(slot["object"]["type"]):
            yield int(slot["number"]), slot


def process_name(process):
    if not int(process):
        return "-"
    return f"{process['name'].string()}({int(process['id'])})"


def where(address):
    """function+offset, when gdb knows one."""
    symbol = gdb.execute(f"info symbol {address:#x}", to_string=True)
    return "" if symbol.startswith("No symbol") else \
        " " + symbol.split(" in section")[0].replace(" ", "")


class Command(gdb.Command):
    """Registers itself under NAME; show() does the work."""

    NAME = ""

    def __init__(self):
        super().__init__(self.NAME, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        self.show(argument.strip())


class Threads(Command):
    """Every thread: process, state, where it is."""

    NAME = "nu-threads"

    def show(self, argument):
        found = Found()
        running = int(gdb.parse_and_eval("current"))
        print("  id process              state      ip")
        for number, thread in sorted(found.threads.items()):
            mark = "*" if int(thread) == running else " "
            address = int(thread["regs"]["rip"])
            print(f"{mark}{number:3} {process_name(thread['process']):20} "
                  f"{enum_name('thread_state', thread['state']):10} "
                  f"{address:#x}{where(address)}")


class Handles(Command):
    """What the handles of a process (id or name; all) name."""

    NAME = "nu-handles"

    def show(self, argument):
        shown = 0
        for number, process in sorted(Found().processes.items()):
            if argument not in ("", str(number), process["name"].string()):
                continue
            shown += 1
            print(f"{process_name(process)} "
                  f"{PROCESS_STATES[int(process['state'])]}")
            for handle, slot in handles(process):
                kind = enum_name("object_type", slot["object"]["type"])
                print(f"  {handle:#10x} {kind:10} rights "
                      f"{int(slot['rights']):#06x} at "
                      f"{int(slot['object']):#x} refs "
                      f"{int(slot['object']['refs'])}")
        if not shown:
            raise gdb.GdbError(f"no process {argument}")


class Purses(Command):
    """Limits and charges of all purses, in pages, and their sum."""

    NAME = "nu-purses"

    def show(self, argument):
        print("purse               parent                limit   lent   used")
        total = 0
        for purse in entries(gdb.parse_and_eval("all_purses"), "purse", "all"):
            total += int(purse["used"])
            print(f"{int(purse):#x}  {int(purse['parent']):#18x} "
                  f"{int(purse['limit']):8} {int(purse['lent']):6} "
                  f"{int(purse['used']):6}")
        managed = int(gdb.parse_and_eval("frame_managed"))
        free = int(gdb.parse_and_eval("frame_free_number"))
        print(f"sum of used: {total}; frames in use: {managed - free}")


class PageTable(Command):
    """The walk for an address, or all ranges mapped in the tables in use."""

    NAME = "nu-pagetable"

    def show(self, argument):
        root = int(gdb.parse_and_eval("$cr3")) & ADDRESS_MASK
        if argument:
            self.walk(root, int(gdb.parse_and_eval(argument)) % (1 << 64))
        else:
            self.ranges(root)

    @staticmethod
    def table(address):
        memory = gdb.selected_inferior().read_memory(DIRECT_MAP + address,
                                                     4096)
        data = memory.tobytes()
        return [int.from_bytes(data[i:i + 8], "little")
                for i in range(0, 4096, 8)]

    @staticmethod
    def rights(entry):
        return ("r" + ("w" if entry & WRITE else "-") +
                ("-" if entry & NX else "x") +
                (" user" if entry & USER else " kernel"))

    def walk(self, root, address):
        at = root
        for level in (3, 2, 1, 0):
            index = address >> (12 + 9 * level) & 511
            entry = self.table(at)[index]
            print(f"level {level + 1}: table {at:#x} entry {index} = "
                  f"{entry:#x}")
            if not entry & PRESENT:
                print("not present")
                return
            if level == 0 or entry & LARGE:
                print(f"{self.rights(entry)}, frame {entry & ADDRESS_MASK:#x}")
                return
            at = entry & ADDRESS_MASK

    def leaves(self, table, level, base, allowed):
        """(address, bytes, rights) below one table."""
        size = 1 << (12 + 9 * level)
        for index, entry in enumerate(self.table(table)):
            if not entry & PRESENT:
                continue
            at = base + index * size
            if level == 3 and index >= 256:
                at |= 0xffff000000000000
            both = (allowed & entry & (WRITE | USER)) | \
                ((allowed | entry) & NX) | PRESENT
            if level == 0 or entry & LARGE:
                yield at, size, self.rights(both)
            else:
                yield from self.leaves(entry & ADDRESS_MASK, level - 1, at,
                                       both)

    def ranges(self, root):
        begin = end = rights = None
        for at, size, now in self.leaves(root, 3, 0, WRITE | USER):
            if at == end and now == rights:
                end += size
                continue
            if begin is not None:
                print(f"{begin:#18x} - {end:#18x} {rights}")
            begin, end, rights = at, at + size, now
        if begin is not None:
            print(f"{begin:#18x} - {end:#18x} {rights}")


for command in (Threads, Handles, Purses, PageTable):
    command()
print("nu-threads, nu-handles, nu-purses, nu-pagetable; see `help nu-threads`")
