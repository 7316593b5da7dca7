"""The Python client, over every transport, against the server that says everything back."""

import time
import unittest

import socketio
from harness import IS_4, TRANSPORTS, WAIT_S, Person, start_conformance, until

MANY = 10_000
TEXTS = [
    "", "plain", "ünïcödé", "привет", "漢字かな", "🙂", "👩‍👩‍👧‍👦🏳️‍🌈", "e\u0301", "\x00\x01\x1e\x7f",
    'a\\nb\nc\r\n"quoted"', "\u2028\u2029", "\U0010ffff", "<b>&amp;</b>", "0:1", '51-["x"]',
]


class Client:
    """What holds over one transport; `transports` says which."""

    transports = None

    @classmethod
    def setUpClass(cls):
        cls.server = start_conformance()
        cls.addClassCleanup(cls.server.stop)

    def person(self, *namespaces, url=None, **options):
        names = namespaces or ("/",)
        person = Person(url or self.server.url, self.transports, names, **options)
        self.addCleanup(person.close)
        return person

    def test_connects(self):
        person = self.person()
        self.assertEqual(person.next("auth"), ({},))
        self.assertEqual(person.transport, self.transports[-1])

    def test_says_who_it_is(self):
        sio = socketio.Client(reconnection=False)
        self.addCleanup(sio.disconnect)
        got = []
        sio.on("auth", got.append, namespace="/custom")
        # The older client can only use the query of a namespace.
        name, options = "/custom", {"auth": {"token": "a b"}}
        if IS_4:
            name, options = "/custom?token=a%20b", {}
        sio.connect(self.server.url, transports=self.transports, namespaces=[name], **options)
        until("who it is", lambda: got)
        self.assertEqual(got, [{"token": "a b"}])

    def refused(self, name):
        sio = socketio.Client(reconnection=False)
        self.addCleanup(sio.disconnect)
        said = []
        sio.on("connect_error", lambda *args: said.append(args), namespace=name)
        try:
            sio.connect(self.server.url, transports=self.transports, namespaces=[name])
        except socketio.exceptions.ConnectionError:
            pass
        until("the refusal", lambda: said)
        return said[0]

    def test_is_told_that_a_namespace_is_not_there(self):
        self.assertIn("Invalid namespace", str(self.refused("/nowhere")))

    def test_is_told_why_the_application_does_not_let_it_in(self):
        data = {"code": 7, "why": ["full", "late"]}
        said = self.refused("/refuse")
        expected = data if IS_4 else {"message": "not today", "data": data}
        self.assertEqual(said, (expected,))

    def test_has_two_namespaces_on_one_connection(self):
        person = self.person("/", "/custom")
        person.sio.emit("message", "to the root")
        person.sio.emit("message", "to the other", namespace="/custom")
        self.assertEqual(person.next("message-back", "/custom"), ("to the other",))
        self.assertEqual(person.next("message-back"), ("to the root",))

    def test_answers_and_is_answered(self):
        person = self.person()
        args = (1, "two", {"three": [3, None, True]}, -4.5)
        self.assertEqual(person.ask("message-with-ack", *args), args)
        self.assertEqual(person.ask("message-with-ack"), ())
        got = []

        def asked(*args):
            got.append(args)
            return "answer", {"of": "client"}

        person.sio.on("emit-with-ack", asked)
        person.sio.emit("emit-with-ack", ("question", 5))
        until("the answer", lambda: len(got) >= 2)
        self.assertEqual(got, [("question", 5), ("answer", {"of": "client"})])

    def test_sends_bytes_and_gets_them(self):
        person = self.person()
        for args in (
            # The older one takes no bytes for nothing.
            (b"x",) if IS_4 else (b"",),
            (bytes(range(256)),),
            ("between", b"\x01\x02\xff", "texts"),
            ({"deep": [{"in": b"\xfa\xfb"}, b"\x04"], "more": b"\x08\x09"}, b"\x07"),
            tuple(bytes([number] * (number + 1)) for number in range(10)),
        ):
            person.sio.emit("message", args)
            self.assertEqual(person.next("message-back"), args)
            self.assertEqual(person.ask("message-with-ack", *args), args)
        got = []

        def asked(arg):
            got.append(arg)
            return {"got": arg, "more": b"\x64\x65"}

        person.sio.on("emit-with-ack", asked)
        person.sio.emit("emit-with-ack", b"question")
        until("the answer", lambda: len(got) >= 2)
        self.assertEqual(got, [b"question", {"got": b"question", "more": b"\x64\x65"}])

    def test_sends_much_at_once(self):
        person = self.person()
        for much in ("x" * 600_000, bytes(600_000)):
            self.assertEqual(person.ask("message-with-ack", much), (much,))

    def test_sends_any_text(self):
        person = self.person()
        for text in TEXTS:
            args = (text, {text: [text]})
            self.assertEqual(person.ask("message-with-ack", *args), args)
        for text in TEXTS:
            person.sio.emit("message", text)
        for text in TEXTS:
            self.assertEqual(person.next("message-back"), (text,))

    def test_gets_many_messages_back_in_order(self):
        person = self.person()
        for number in range(MANY):
            person.sio.emit("message", number)
        got = [person.next("message-back")[0] for _ in range(MANY)]
        self.assertEqual(got, list(range(MANY)))

    def test_gets_a_burst_of_the_server(self):
        # It gives up a payload of more than 16 packets.
        for count in (16, 17, 100, 1000):
            person = self.person("/extra")
            person.remember("burst", "/extra")
            person.sio.emit("burst", count, namespace="/extra")
            got = [person.next("burst", "/extra")[0] for _ in range(count)]
            self.assertEqual(got, list(range(count)))
            person.sio.emit("burst", 1, namespace="/extra")
            self.assertEqual(person.next("burst", "/extra"), (0,))

    def test_goes_and_comes_back(self):
        person = self.person()
        person.close()
        if IS_4:
            # It does not wait for its last poll itself.
            person.sio.eio.read_loop_task.join(WAIT_S)
        else:
            person.next("disconnect")
        person.sio.connect(self.server.url, transports=self.transports)
        person.next("connect")
        self.assertEqual(person.ask("message-with-ack", 2), (2,))

    def test_is_sent_away(self):
        person = self.person("/", "/extra")
        person.sio.emit("send-away", namespace="/extra")
        person.next("disconnect", "/extra")
        self.assertEqual(person.ask("message-with-ack", "still here"), ("still here",))

    def test_survives_heartbeats(self):
        quick = start_conformance(ping_interval=1000, ping_timeout=5000)
        self.addCleanup(quick.stop)
        person = self.person(url=quick.url)
        time.sleep(2.5)
        self.assertTrue(person.came["/", "disconnect"].empty())
        self.assertEqual(person.ask("message-with-ack", 3), (3,))

    def test_comes_back_to_a_new_server(self):
        first = start_conformance()
        self.addCleanup(first.stop)
        delays = {"reconnection_delay": 0.1, "reconnection_delay_max": 0.2}
        person = self.person("/", "/custom", url=first.url, reconnection=True, **delays)
        first.stop()
        person.next("disconnect")
        second = start_conformance(port=first.url.rsplit(":")[-1])
        self.addCleanup(second.stop)
        person.next("connect")
        person.next("connect", "/custom")
        self.assertEqual(person.ask("message-with-ack", 4), (4,))
        self.assertEqual(person.ask("message-with-ack", 5, namespace="/custom"), (5,))


class Polling(Client, unittest.TestCase):
    transports = TRANSPORTS["polling"]


class WebSocket(Client, unittest.TestCase):
    transports = TRANSPORTS["websocket"]


class Upgrade(Client, unittest.TestCase):
    transports = TRANSPORTS["upgrade"]


if __name__ == "__main__":
    unittest.main()
