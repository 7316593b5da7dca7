"""The programs under test, the clients, and waiting with a deadline."""

import os
import queue
import re
import shutil
import subprocess
import threading
import time

import socketio

RELEASE = os.environ["INTEROP_RELEASE"]
# The next major version speaks another protocol.
IS_4 = not hasattr(socketio, "SimpleClient")
WAIT_S = 15
TRANSPORTS = {
    "polling": ["polling"],
    "websocket": ["websocket"],
    "upgrade": ["polling", "websocket"],
}


def until(what, is_so, wait_s=WAIT_S):
    """Asks again and again until the answer is true."""
    end = time.monotonic() + wait_s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"in {wait_s} s never came: {what}")
        time.sleep(0.005)


class Program:
    """A program that says on standard error when it is up."""

    def __init__(self, name, args, is_up):
        command = [os.path.join(RELEASE, name), *map(str, args)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.said = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            until(f"{name} is up", lambda: re.search(is_up, self.said))
        except AssertionError:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stderr:
            self.said += line

    def found(self, pattern):
        return re.search(pattern, self.said)[1]

    def stop(self, is_gentle=False):
        if is_gentle:
            self.process.terminate()
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait(WAIT_S)
        self.reader.join(WAIT_S)
        self.process.stderr.close()


def start_conformance(port=0, ping_interval=10_000, ping_timeout=10_000, more=()):
    """Starts the server that says everything back.

    The client's threads may wait as long as both, once it has gone.
    """
    args = ["--port", port, "--ping-interval", ping_interval, "--ping-timeout", ping_timeout]
    program = Program("examples/conformance", [*args, *more], r"http:\S+\n")
    program.url = program.found(r"(http:\S+)")
    return program


def start_reference(port=0, ping_interval=10_000, ping_timeout=10_000):
    """Starts the reference server."""
    here = os.path.dirname(os.path.abspath(__file__))
    file = os.path.join(os.path.dirname(here), "reference.js")
    args = ["--port", port, "--ping-interval", ping_interval, "--ping-timeout", ping_timeout]
    program = Program(shutil.which("node"), [file, *args], r"http:\S+\n")
    program.url = program.found(r"(http:\S+)")
    return program


def start_chat(port=0):
    """Starts the chat, with a port of its own at the line door, and at the other unless given."""
    doors = ["--bind", "127.0.0.1:0", "--http", f"127.0.0.1:{port}", "--db", "none"]
    program = Program("mio-chat", [*doors, "--log", "off", "--rate", "0"], r"open to .*\n")
    program.lines = int(program.found(r"nc 127\.0\.0\.1 (\d+)"))
    program.url = program.found(r"(http://127\.0\.0\.1:\d+)")
    return program


class Person:
    """A client that remembers what came, by namespace and event."""

    def __init__(self, url, transports, namespaces=("/",), **options):
        options.setdefault("reconnection", False)
        self.sio = socketio.Client(**options)
        # The library calls each handler in a thread of its own, in any order. Here the order is
        # kept.
        trigger = self.sio.eio._trigger_event
        self.sio.eio._trigger_event = lambda *args, **how: trigger(
            *args, **{**how, "run_async": False}
        )
        self.came = {}
        for namespace in namespaces:
            self.remember("connect", namespace)
            for event in ("auth", "disconnect", "message", "message-back", "response", "typing"):
                self.remember(event, namespace)
        wait = {} if IS_4 else {"wait_timeout": WAIT_S}
        names = list(namespaces)
        self.sio.connect(url, transports=transports, namespaces=names, **wait)
        for namespace in namespaces:
            self.next("connect", namespace)

    def remember(self, event, namespace="/"):
        arrived = self.came.setdefault((namespace, event), queue.Queue())
        self.sio.on(event, lambda *args: arrived.put(args), namespace=namespace)

    def next(self, event, namespace="/"):
        """The arguments of the next `event`."""
        try:
            return self.came[namespace, event].get(timeout=WAIT_S)
        except queue.Empty:
            raise AssertionError(f"never came: {event} in {namespace}") from None

    def ask(self, event, *args, namespace="/"):
        """The arguments of the answer to an event."""
        answered = queue.Queue()
        self.sio.emit(event, args, namespace, callback=lambda *args: answered.put(args))
        try:
            return answered.get(timeout=WAIT_S)
        except queue.Empty:
            raise AssertionError(f"no answer to {event}") from None

    @property
    def transport(self):
        return self.sio.transport() if callable(self.sio.transport) else self.sio.transport

    def close(self):
        self.sio.disconnect()
