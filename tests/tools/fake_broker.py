#!/usr/bin/env python3
"""
A stand-in for build/nuncio-broker: control socket and sockets of domains as the
real one has them. A domain is whoever connects to its socket and says a line:
"hello" makes it running, "ready" one that serves others, "hang" hung; when it
closes, it is absent.

Words in $WORK/broker: "dead" (end at once), "mute" (lists are not answered).
"""

import json
import os
import selectors
import socket
import sys
import time

WORK = os.environ["WORK"]


class Domain:
    def __init__(self, domid, watchdog):
        self.domid, self.watchdog = domid, watchdog
        self.state, self.epoch, self.listener = "absent", 0, None
        self.ready = False


def words():
    try:
        with open(f"{WORK}/broker", encoding="utf-8") as file:
            return file.read().split()
    except FileNotFoundError:
        return []


class Broker:
    def __init__(self, directory):
        os.chdir(directory)
        self.directory = os.getcwd()
        self.domains, self.next, self.calls = {}, 1, 0
        self.selector = selectors.DefaultSelector()
        self.listen("control", self.accept_control)

    def listen(self, path, accept):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        self.selector.register(listener, selectors.EVENT_READ,
                               lambda: accept(listener.accept()[0]))
        return listener

    def lines(self, connection, each, gone):
        """Gives (each) the lines of a connection as they come."""
        pending = b""

        def read():
            nonlocal pending
            try:
                data = connection.recv(4096)
            except OSError:
                data = b""
            if not data:
                self.selector.unregister(connection)
                connection.close()
                gone()
                return
            pending += data
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                each(line.decode())
        self.selector.register(connection, selectors.EVENT_READ, read)

    def accept_control(self, connection):
        def answer(line):
            if line == "list" and "mute" in words():
                return
            connection.sendall("".join(
                part + "\n" for part in self.obey(*line.split())).encode())
        self.lines(connection, answer, lambda: None)

    def accept_domain(self, domain, connection):
        def say(line):
            domain.epoch += line == "hello"
            domain.ready |= line == "ready"
            domain.state = "hung" if line == "hang" else "running"

        def gone():
            domain.state, domain.ready = "absent", False
        domain.state = "connected"
        self.lines(connection, say, gone)

    def obey(self, command, *args):
        with open(f"{WORK}/asked", "a", encoding="utf-8") as file:
            file.write(" ".join((command,) + args) + "\n")
        return getattr(self, "do_" + command)(*args)

    def do_add(self, name, watchdog="watchdog_ms=0"):
        if name in self.domains:
            return ["error there is a domain of this name"]
        domain = self.domains[name] = Domain(self.next, watchdog)
        self.next += 1
        domain.listener = self.listen(
            name + ".sock", lambda c: self.accept_domain(domain, c))
        return [f"ok domid={domain.domid} "
                f"socket={self.directory}/{name}.sock"]

    def do_remove(self, name):
        domain = self.domains.pop(name, None)
        if domain is None:
            return ["error there is no domain of this name"]
        self.selector.unregister(domain.listener)
        domain.listener.close()
        os.unlink(name + ".sock")
        return ["ok"]

    def do_list(self):
        self.calls += 10
        return [json.dumps({"name": name, "domid": d.domid, "state": d.state,
                            "epoch": d.epoch, "uptime_ms": 61500,
                            "operations": self.calls, "copies": 5, "bytes": 6,
                            "events_sent": 7, "time_ms": 1})
                for name, d in self.domains.items()] + ["ok"]

    def do_read(self, path):
        parts = path.split("/")
        for domain in self.domains.values():
            if parts[1:3] == ["local", "domain"] and \
                    parts[3] == str(domain.domid) and \
                    domain.state in ("running", "hung"):
                if parts[-1] == "ready" and domain.ready:
                    return [f"ok {domain.epoch}"]
                if "link" in parts:
                    return [f"ok state=up epoch=1 calls={self.calls} "
                            "calls_served=0 odd=\\x01"]
        return ["error there is no such node"]

    def do_ls(self, path):
        if path == "/local/domain/2/data/nuncio/stat/link":
            return ["name 1", "ok"]
        return ["error there is no such node"]

    def do_stop(self):
        sys.exit(0)

    def run(self):
        while True:
            for key, _ in self.selector.select(0.1):
                key.data()
            if "dead" in words():
                print("lost my mind", flush=True)
                os._exit(3)


with open(f"{WORK}/pids", "a", encoding="utf-8") as file:
    file.write(f"broker {os.getpid()}\n")
if "late" in words():
    time.sleep(0.5)
Broker(sys.argv[sys.argv.index("--system") + 1]).run()
