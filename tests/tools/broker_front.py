"""
A vhost-user front-end and a guest in one, for tests of the broker: what QEMU
says on the socket, and what hv/kvm writes into memory (broker_abi.h).
"""

import contextlib
import fcntl
import mmap
import os
import select
import socket
import struct
import subprocess
import time

PAGE = 4096
F_ADD_SEALS = 1033
F_SEAL_SHRINK = 2
F_SEAL_GROW = 4

# Message types.
(GET_FEATURES, SET_FEATURES, SET_OWNER, RESET_OWNER, SET_MEM_TABLE) = range(1, 6)
(SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE, SET_VRING_KICK,
 SET_VRING_CALL, SET_VRING_ERR, GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES,
 GET_QUEUE_NUM, SET_VRING_ENABLE) = range(8, 19)
VERSION_1 = 1 << 32
PROTOCOL_FEATURES = 1 << 30
REPLY_ACK = 1 << 3
NEED_REPLY = 8

DOMID_SELF = 0x7ff0
GRANT_TABLE_OP, EVENT_CHANNEL_OP, SETUP = 20, 32, 0xfff0
BIND_INTERDOMAIN, CLOSE, SEND, STATUS, ALLOC_UNBOUND = 0, 3, 4, 5, 6
COPY = 5
PERMIT, READONLY = 1, 4
SOURCE_GREF, DEST_GREF = 1, 2

# Where things are in the guest's memory.
SHARED, MAILBOX, GRANTS, HEAP = 0x10000, 0x14000, 0x18000, 0x20000
USER = 0x7f0000000000
STORE_PORT = 1


class Closed(Exception):
    """The broker has closed the connection."""


class Broker:
    """The daemon, in a directory of its own."""

    def __init__(self, binary, directory, *options):
        self.directory = directory
        self.log = os.path.join(directory, "log")
        self.process = subprocess.Popen(
            [binary, "--system", directory, "--log", self.log, *options])
        self.path = os.path.join(directory, "control")
        end = time.monotonic() + 10
        # The socket is there a moment before it listens.
        while not self.listens() and time.monotonic() < end:
            time.sleep(0.01)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as control:
            return control.connect_ex(self.path) == 0

    def ask(self, line):
        """The lines of the answer; the last is `ok...` or `error ...`."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(self.path)
            control.sendall(line.encode() + b"\n")
            text = b""
            while True:
                piece = control.recv(65536)
                text += piece
                lines = text.decode().splitlines()
                if not piece or (text.endswith(b"\n") and
                                 lines[-1].split(" ")[0] in ("ok", "error")):
                    return lines

    def add(self, name, *options):
        answer = self.ask(" ".join(("add", name) + options))[-1]
        if not answer.startswith("ok domid="):
            raise RuntimeError(answer)
        words = dict(word.split("=", 1) for word in answer.split(" ")[1:])
        return int(words["domid"]), words["socket"]

    def stop(self):
        self.ask("stop")
        return self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log_text(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()


class Front:
    """One domain: its machine and its guest."""

    def __init__(self, path, pages=256, seals=F_SEAL_SHRINK | F_SEAL_GROW):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.bytes = pages * PAGE
        self.memfd = os.memfd_create("guest", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.memfd, self.bytes)
        if seals:
            fcntl.fcntl(self.memfd, F_ADD_SEALS, seals)
        self.memory = mmap.mmap(self.memfd, self.bytes)
        flags = os.EFD_NONBLOCK | os.EFD_CLOEXEC
        self.kicks = [os.eventfd(0, flags) for _ in range(2)]
        self.calls = [os.eventfd(0, flags) for _ in range(2)]
        self.request = 0

    def close(self):
        self.socket.close()
        for file in (*self.kicks, *self.calls, self.memfd):
            with contextlib.suppress(OSError):
                os.close(file)

    # The front-end.

    def send(self, request, payload=b"", files=(), flags=1):
        data = struct.pack("=III", request, flags, len(payload)) + payload
        try:
            socket.send_fds(self.socket, [data], list(files))
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None

    def receive(self):
        """Payload of the next answer."""
        data = b""
        while len(data) < 12 or len(data) < 12 + struct.unpack_from(
                "=I", data, 8)[0]:
            try:
                piece = self.socket.recv(12 if len(data) < 12 else 8)
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise Closed
            data += piece
        return data[12:]

    def ask(self, request, payload=b""):
        self.send(request, payload)
        return self.receive()

    def table(self, regions=None, files=None):
        """SET_MEM_TABLE of (guest_phys, bytes, user, offset)."""
        if regions is None:
            regions = [(0, self.bytes, USER, 0)]
        payload = struct.pack("=II", len(regions), 0)
        for region in regions:
            payload += struct.pack("=QQQQ", *region)
        if files is None:
            files = [self.memfd] * len(regions)
        self.send(SET_MEM_TABLE, payload, files)

    def negotiate(self):
        offered = struct.unpack("=Q", self.ask(GET_FEATURES))[0]
        assert offered & VERSION_1 and offered & PROTOCOL_FEATURES
        self.ask(GET_PROTOCOL_FEATURES)
        self.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", REPLY_ACK))
        self.send(SET_OWNER)
        self.send(SET_FEATURES,
                  struct.pack("=Q", VERSION_1 | PROTOCOL_FEATURES))

    def start_queue(self, index, phys):
        pair = struct.pack
        self.send(SET_VRING_NUM, pair("=II", index, 1024))
        self.send(SET_VRING_BASE, pair("=II", index, 0))
        self.send(SET_VRING_ADDR, pair("=IIQQQQ", index, 0, USER + phys,
                                       USER + phys, USER + phys, 0))
        self.send(SET_VRING_KICK, pair("=Q", index), [self.kicks[index]])
        self.send(SET_VRING_CALL, pair("=Q", index), [self.calls[index]])
        self.send(SET_VRING_ENABLE, pair("=II", index, 1))

    def start(self):
        """To the point where the guest may speak."""
        self.negotiate()
        self.table()
        self.start_queue(0, SHARED)
        self.start_queue(1, MAILBOX)
        self.sync()

    def stop_queues(self):
        for index in range(2):
            self.ask(GET_VRING_BASE, struct.pack("=II", index, 0))

    def sync(self):
        """Everything that was sent has been obeyed."""
        self.ask(GET_QUEUE_NUM)

    # The guest.

    def batch(self, *ops, timeout=10):
        """Does (hypercall, command, 40 bytes); gives (result, 40 bytes)."""
        for i, (hypercall, command, body) in enumerate(ops):
            struct.pack_into("=HHi40s", self.memory, MAILBOX + 128 + 48 * i,
                             hypercall, command, -1000, body)
        self.request += 1
        struct.pack_into("=I", self.memory, MAILBOX + 8, 1)  # want_call
        struct.pack_into("=I", self.memory, MAILBOX + 4, len(ops))
        struct.pack_into("=I", self.memory, MAILBOX, self.request)
        if struct.unpack_from("=I", self.memory, MAILBOX + 68)[0] == 0:
            os.eventfd_write(self.kicks[1], 1)
        end = time.monotonic() + timeout
        while struct.unpack_from("=I", self.memory,
                                 MAILBOX + 64)[0] != self.request:
            if time.monotonic() > end:
                raise TimeoutError("no answer to a batch")
            if not select.select([self.calls[0]], [], [], 0.1)[0]:
                continue
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self.calls[0])
        return [struct.unpack_from("=i40s", self.memory,
                                   MAILBOX + 128 + 48 * i + 4)
                for i in range(len(ops))]

    def hello(self, pages=1, version=1, port=STORE_PORT, frame=GRANTS // PAGE):
        """(result, domid, epoch)."""
        body = struct.pack("=IIQIHHQ", version, pages, frame, port, 0, 0, 0)
        result, body = self.batch((SETUP, 1, body.ljust(40, b"\0")))[0]
        domid, _, epoch = struct.unpack_from("=HHQ", body, 20)
        return result, domid, epoch

    def grant(self, ref, domid, frame, flags=PERMIT):
        struct.pack_into("=HHI", self.memory, GRANTS + 8 * ref, flags, domid,
                         frame)

    def grant_flags(self, ref):
        return struct.unpack_from("=H", self.memory, GRANTS + 8 * ref)[0]

    def events(self, *ops):
        """Results of event channel operations (command, 32-bit words)."""
        return [result for result, _ in self.batch(*(
            (EVENT_CHANNEL_OP, command, body.ljust(40, b"\0"))
            for command, body in ops))]

    def pending(self, port):
        word = struct.unpack_from("=Q", self.memory,
                                  SHARED + 2048 + port // 64 * 8)[0]
        return word >> port % 64 & 1

    def upcall_pending(self):
        return self.memory[SHARED]

    def clear_events(self):
        """As the guest's upcall does; and what has been called is read."""
        self.memory[SHARED] = 0
        struct.pack_into("=Q", self.memory, SHARED + 8, 0)
        self.memory[SHARED + 2048:SHARED + 2048 + 512] = bytes(512)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.calls[0])

    def called(self, timeout=5):
        """Whether the interrupt has been raised, by now or soon."""
        return bool(select.select([self.calls[0]], [], [], timeout)[0])


def copy_op(source, dest, length, flags):
    """(ref or frame, domid, offset) twice: an operation of batch()."""
    body = b"".join(struct.pack("=QHHI", *end, 0) for end in (source, dest))
    return (GRANT_TABLE_OP, COPY,
            (body + struct.pack("=HHh", length, flags, 99)).ljust(40, b"\0"))


def copy_status(answer):
    result, body = answer
    assert result == 0, result
    return struct.unpack_from("=h", body, 36)[0]


def alloc(port, remote, domid=DOMID_SELF):
    return ALLOC_UNBOUND, struct.pack("=HHI", domid, remote, port)


def bind(remote, remote_port, port):
    return BIND_INTERDOMAIN, struct.pack("=HHII", remote, 0, remote_port, port)


def send(port):
    return SEND, struct.pack("=I", port)


def close(port):
    return CLOSE, struct.pack("=I", port)
