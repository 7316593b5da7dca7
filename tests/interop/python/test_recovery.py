"""Handlers of so many arguments and no more, at a server to which others come back."""

import queue
import unittest

import socketio
from harness import IS_4, TRANSPORTS, WAIT_S, start_conformance


class Recovery(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = start_conformance(more=["--recovery"])
        cls.addClassCleanup(cls.server.stop)

    def listening(self, handler, transports, **options):
        """A client in the namespace of rooms whose `handler` is for what everyone is told."""
        sio = socketio.Client(reconnection=False)
        self.addCleanup(sio.disconnect)
        sio.on("told", handler, namespace="/rooms")
        here = queue.Queue()
        sio.on("connect", lambda: here.put(None), namespace="/rooms")
        sio.connect(self.server.url, transports=transports, namespaces=["/rooms"], **options)
        here.get(timeout=WAIT_S)
        return sio

    def check(self, transports):
        told, others = queue.Queue(), queue.Queue()
        self.listening(lambda one: told.put(one), transports)
        if not IS_4:
            # A client that asks for recovery gets an offset too.
            auth = {"auth": {"recover": True}}
            self.listening(lambda *args: others.put(args), transports, **auth)
        speaker = self.listening(lambda one: None, transports)
        for one in ("text", {"a": [1]}, b"bytes"):
            speaker.emit("tell", one, namespace="/rooms")
            self.assertEqual(told.get(timeout=WAIT_S), one)
            if not IS_4:
                same, offset = others.get(timeout=WAIT_S)
                self.assertEqual((same, type(offset)), (one, str))

    def test_a_handler_of_one_argument_gets_one(self):
        for transports in TRANSPORTS.values():
            self.check(transports)
