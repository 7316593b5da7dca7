"""How a connection ends for every client, here and at the reference server: each cell of the tables
in docs/closing.md."""

import os
import queue
import socket
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import socketio
from harness import (
    IS_4,
    WAIT_S,
    start_chat,
    start_conformance,
    start_reference,
    until,
)

CLIENT = f"python-socketio {4 if IS_4 else 5}"
CARRIERS = ("polling", "websocket")
# Events that are sent right before the end.
LAST_EVENTS = 40
# Time in which a client that comes back by itself has done so.
BACK_S = 1.5
# Time in which a client has heard of the end.
TOLD_S = 6
PING, PONG = 2, 3


def section(title):
    """The cells of a section of the document: those of this client, by column."""
    here = os.path.dirname(os.path.abspath(__file__))
    file = os.path.join(here, "..", "..", "..", "docs", "closing.md")
    with open(file, encoding="utf-8") as document:
        sections = document.read().split("\n## ")
    text = next(text for text in sections if text.startswith(title))
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]
    own = next(row for row in cells if row[0].replace("`", "") == CLIENT)
    return dict(zip(cells[0][1:], own[1:]))


class Client:
    """A client that comes back by itself if its library does so."""

    def __init__(self, url, carrier, namespace="/extra", auth=None):
        self.namespace = namespace
        self.came = {name: queue.Queue() for name in ("connect", "disconnect", "welcome", "bye")}
        self.events = 0
        self.sio = socketio.Client(
            reconnection_delay=0.1, reconnection_delay_max=0.1, randomization_factor=0
        )
        self.keep_order()
        for name, arrived in self.came.items():
            handler = lambda *args, arrived=arrived: arrived.put(args)
            self.sio.on(name, handler, namespace=namespace)
        for name in ("burst", "message"):
            self.sio.on(name, self.count, namespace=namespace)
        if IS_4:
            self.sio.connect(url, transports=[carrier], namespaces=[namespace])
        else:
            auth = {"token": auth} if auth else None
            self.sio.connect(
                url, transports=[carrier], namespaces=[namespace], auth=auth, wait_timeout=WAIT_S
            )
        self.came["connect"].get(timeout=WAIT_S)

    def count(self, *_):
        self.events += 1

    def keep_order(self):
        """Calls handlers in one thread: the client has one for each call, in any order.

        The end of the connection waits for the messages before it, unless one of them is its end.
        """
        eio = self.sio.eio
        trigger, tasks = eio._trigger_event, queue.Queue()
        self.tasks = tasks

        def later(*args, run_async=False, **how):
            if run_async:
                return tasks.put(args)
            if threading.current_thread() is not worker:
                is_over = lambda: not tasks.unfinished_tasks or eio.state != "connected"
                until("the messages before are handled", is_over)
            return trigger(*args, run_async=False, **how)

        def work():
            while True:
                trigger(*tasks.get(), run_async=False)
                tasks.task_done()

        eio._trigger_event = later
        worker = threading.Thread(target=work, daemon=True)
        worker.start()

    def doze(self):
        """Reads nothing more for a while, once something comes by this connection."""
        eio = self.sio.eio
        receive, naps, sid = eio._receive_packet, iter([1.5]), eio.sid

        def slowly(packet):
            # A poll may end before anything has come: the next one must not be slow.
            if eio.sid == sid:
                time.sleep(next(naps, 0))
            receive(packet)

        eio._receive_packet = slowly

    def emit(self, *args):
        name, *data = args
        self.sio.emit(name, tuple(data), namespace=self.namespace)

    def outcome(self, events=None, is_back_up=lambda: None):
        """What the program is told of the end, and whether it comes back."""
        told = self.end_told()
        # Another thread than that of the earlier events tells of the end, at once.
        self.tasks.join()
        lost = events is not None and self.events < events
        is_back_up()
        try:
            self.came["connect"].get(timeout=BACK_S)
            is_back = True
        except queue.Empty:
            is_back = False
        self.sio.reconnection = False
        self.sio.disconnect()
        told = ("some of the events, " if lost else "") + told
        return told + ("comes back" if is_back else "stays away")

    def end_told(self):
        """The reason that the client gives; the older version gives none."""
        if not IS_4:
            return f"`{self.came['disconnect'].get(timeout=WAIT_S)[0]}`, "
        try:
            self.came["disconnect"].get(timeout=TOLD_S)
            return ""
        except queue.Empty:
            return "not told, "

    def mute(self):
        """Its heartbeats go nowhere."""
        eio = self.sio.eio
        send = eio._send_packet

        def send_others(packet):
            if packet.packet_type == PING:
                # Unless it is at its end, it would give up by itself.
                eio.pong_received = not eio.ping_loop_event.is_set()
            elif packet.packet_type != PONG:
                send(packet)

        eio._send_packet = send_others


class Closing(unittest.TestCase):
    def check(self, title, cells):
        """Compares what `cells` come to with the document, all at once."""
        expected = section(title)
        with ThreadPoolExecutor(len(cells)) as pool:
            columns = [
                f"{'polling' if carrier == 'polling' else 'WebSocket'}, {where}"
                for carrier, where, _ in cells
            ]
            told = dict(zip(columns, pool.map(lambda cell: cell[2](cell[0]), cells)))
        for column, cell in told.items():
            # Some cells are a matter of chance at the reference server.
            self.assertIn(cell, expected[column].split(" or "), column)

    def both(self, title, act, events=None, **options):
        """A server here and the reference: each cell does `act` with its client."""
        servers = {"here": start_conformance(**options), "reference": start_reference(**options)}
        for server in servers.values():
            self.addCleanup(server.stop)

        def cell(server):
            def run(carrier):
                client = Client(server.url, carrier)
                act(client)
                return client.outcome(events)

            return run

        self.check(
            title,
            [
                (carrier, where, cell(server))
                for where, server in servers.items()
                for carrier in CARRIERS
            ],
        )

    def test_the_client_disconnects(self):
        self.both("The client disconnects", lambda client: client.sio.disconnect())

    def test_the_server_disconnects_the_namespace(self):
        self.both("The server disconnects the namespace", lambda client: client.emit("send-away"))

    def test_the_server_closes(self):
        closes = lambda client: client.emit("burst-and-close", LAST_EVENTS, 0)
        self.both("The server closes", closes, LAST_EVENTS)

    def test_the_client_is_not_heard_of(self):
        intervals = {"ping_interval": 1000, "ping_timeout": 500}
        self.both("The client is not heard of", Client.mute, **intervals)

    def test_the_client_sends_too_much(self):
        much = lambda client: client.emit("message", "x" * 1_100_000)
        self.both("The client sends too much", much)

    def test_the_client_does_not_read(self):
        server = start_conformance(more=["--max-queue", 65_536])
        self.addCleanup(server.stop)

        def run(carrier):
            client = Client(server.url, carrier)
            client.doze()
            client.emit("burst", 300, 30_000)
            return client.outcome()

        self.check("The client does not read", [(carrier, "here", run) for carrier in CARRIERS])

    @unittest.skipIf(IS_4, "it is not known how it goes")
    def test_a_client_ends_its_token(self):
        server = start_chat()
        self.addCleanup(server.stop)

        def run(carrier):
            first = Client(server.url, carrier, "/chat")
            first.came["welcome"].get(timeout=WAIT_S)
            first.emit("forget", {})
            self.assertEqual(first.came["bye"].get(timeout=WAIT_S)[0]["reason"], "forgotten")
            return first.outcome()

        title = "A client ends its token"
        self.check(title, [(carrier, "here", run) for carrier in CARRIERS])

    def test_the_server_is_told_to_stop(self):
        cells = []
        for where, namespace, begin in (
            ("here", "/chat", start_chat),
            ("reference", "/extra", start_reference),
        ):
            cells += self.restarted(where, namespace, begin)
        self.check("The server is told to stop (SIGTERM)", cells)

    def restarted(self, where, namespace, begin):
        first = begin()
        self.addCleanup(first.stop)
        all_here = threading.Barrier(len(CARRIERS))
        is_up = threading.Event()

        def restart():
            if namespace == "/chat":
                talk(first.lines)
            first.stop(is_gentle=True)
            self.addCleanup(begin(port=first.url.rsplit(":", 1)[1]).stop)
            is_up.set()

        def run(carrier):
            client = Client(first.url, carrier, namespace)
            if all_here.wait(WAIT_S) == 0:
                threading.Thread(target=restart).start()
            told = client.outcome(LAST_EVENTS, lambda: is_up.wait(WAIT_S))
            return told if not client.came["bye"].empty() else f"no `bye`, {told}"

        return [(carrier, where, run) for carrier in CARRIERS]


def talk(port):
    """Somebody says a few things at netcat."""
    with socket.create_connection(("127.0.0.1", port)) as speaker:
        for number in range(LAST_EVENTS):
            speaker.sendall(f"{number}\n".encode())
        speaker.sendall(b"/sync-mark\n")
        heard = b""
        while b"sync-mark" not in heard:
            heard += speaker.recv(65536)
