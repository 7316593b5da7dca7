"""The tutorials' clients against the chat, as programs of their own."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
import unittest

from harness import WAIT_S, Person, start_chat

HERE = os.path.dirname(os.path.abspath(__file__))


class Script:
    """A client that somebody sits at."""

    def __init__(self, name, url):
        command = [sys.executable, os.path.join(HERE, name), url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        try:
            return self.lines.get(timeout=WAIT_S)
        except queue.Empty:
            raise AssertionError("nothing came") from None

    def stop(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait(WAIT_S)
        self.reader.join(WAIT_S)
        self.process.stdout.close()


class Seeds(unittest.TestCase):
    def setUp(self):
        self.chat = start_chat()
        self.addCleanup(self.chat.stop)

    def sit(self, name):
        script = Script(name, self.chat.url)
        self.addCleanup(script.stop)
        return script

    def person(self, transports):
        person = Person(self.chat.url, transports)
        self.addCleanup(person.close)
        return person

    def test_seed_000(self):
        ann, ben = self.sit("seed_000.py"), self.sit("seed_000.py")
        self.assertEqual((ann.hear(), ben.hear()), ("ready", "ready"))
        ann.say("hello from ann")
        self.assertEqual((ann.hear(), ben.hear()), ("hello from ann", "hello from ann"))
        ben.say("grüße 👋")
        self.assertEqual((ann.hear(), ben.hear()), ("grüße 👋", "grüße 👋"))
        ann.process.stdin.close()
        self.assertEqual(ann.process.wait(WAIT_S), 0)
        ben.say("alone")
        self.assertEqual(ben.hear(), "alone")

    def test_seed_001(self):
        script = self.sit("seed_001.py")
        self.assertEqual(script.hear(), "connection established")
        person = self.person(["websocket"])
        for text in ("one", "two"):
            person.sio.emit("message", text)
            self.assertEqual(script.hear(), f"message received with {text}")
            self.assertEqual(person.next("message"), (text,))
            self.assertEqual(person.next("response")[0]["response"], "delivered")
        # Its answers were lost.
        self.assertTrue(person.came["/", "response"].empty())
        # It notices the end late if that meets its last answer.
        time.sleep(0.3)
        self.chat.process.terminate()
        self.assertEqual(script.hear(), "disconnected from server")

    def test_seeds_002_and_004(self):
        # Typing is told only to clients that can get it at once, so not between two polls.
        ann, ben = self.person(["websocket"]), self.person(["polling", "websocket"])
        both = (ann, ben)
        ann.sio.emit("send_message", {"username": "Ann", "message": "first"})
        for person in both:
            self.assertEqual(person.next("message"), ("Ann: first",))
        ben.sio.emit("send_chat_message", {"username": "Ben", "message": "second"})
        for person in both:
            self.assertEqual(person.next("message"), ("Ben: second",))
        ann.sio.emit("join", {"username": "Ann", "room": "tea"})
        self.assertEqual(ann.next("message"), ("Ann has entered the room.",))
        ann.sio.emit("leave", {"username": "Ann", "room": "tea"})
        self.assertEqual(ann.next("message"), ("Ann has left the room.",))
        ben.sio.emit("typing", {"username": "Ben"})
        self.assertEqual(ann.next("typing"), ({"username": "Ben"},))
        ben.sio.send({"user": "Ben", "data": b"\x00\xff"})
        for person in both:
            self.assertEqual(person.next("message"), ({"user": "Ben", "data": b"\x00\xff"},))

    def test_seed_003_meets_the_others(self):
        person = self.person(["polling"])
        with socket.create_connection(("127.0.0.1", self.chat.lines), WAIT_S) as stream:
            stream.sendall(b"from a bare socket\n")
            said = person.next("message")[0]
            self.assertRegex(said, r"^guest-\d+: from a bare socket$")
            person.sio.send("to a bare socket")
            with stream.makefile(encoding="utf-8") as lines:
                while not lines.readline().endswith("to a bare socket\n"):
                    pass


if __name__ == "__main__":
    unittest.main()
