"""Attacks, one function each: what a hostile client does over one connection. `ATTACKS` says at which
doors, and over how many connections at a time."""

import asyncio
import json
import os
import random
import ssl
import sys

from people import POLL, SOCKET
from wire import Doors, Records, frame, head, next_frame, response, trusting, upgrade

JUNK = os.urandom(1 << 16)
LONG = b"x" * (1 << 16)
# Time that a slow attacker lets pass between two bytes.
DRIP_S = 0.3
# Time for which an attacker waits on a connection that says nothing.
STAY_S = 8


async def drip(writer, data):
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def pour(writer, data, times):
    for _ in range(times):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0)


async def swallow(reader, seconds=STAY_S):
    """Reads until the end, for a while."""
    try:
        async with asyncio.timeout(seconds):
            while await reader.read(65536):
                pass
    except (TimeoutError, OSError):
        pass


def lines(*texts):
    return "".join(f"{text}\n" for text in texts).encode()


async def slow_head(me, door):
    _, writer = await me.open(door)
    await drip(writer, b"GET / HTTP/1.1\r\nHost: chat.example\r\nX-A: " + b"a" * 200)


async def slow_body(me, door):
    reader, writer = await me.open(door)
    writer.write(head("GET", POLL))
    _, body = await response(reader)
    sid = json.loads(body[1:])["sid"]
    writer.write(head("POST", f"{POLL}&sid={sid}", "Content-Length: 90000"))
    await drip(writer, b"4" * 200)


async def slow_line(me, door):
    _, writer = await me.open(door)
    await drip(writer, b"never a whole line " * 20)


async def half_hello(me, door):
    reader, writer = await me.open(door, bare=True)
    hello = Records(reader, writer, me.doors.context).hello()
    writer.write(hello[:random.randrange(1, len(hello))])
    await swallow(reader)


async def half_record(me, door):
    reader, writer = await me.open(door, bare=True)
    records = Records(reader, writer, me.doors.context)
    await records.shake()
    record = records.record(b"GET / HTTP/1.1\r\n" * 800)
    writer.write(record[:random.randrange(1, len(record))])
    await swallow(reader)


async def tiny_records(me, door):
    reader, writer = await me.open(door, bare=True)
    records = Records(reader, writer, me.doors.context)
    await records.shake()
    for _ in range(3000):
        writer.write(records.record(b"a"))
        await writer.drain()


async def broken_record(me, door):
    reader, writer = await me.open(door, bare=True)
    records = Records(reader, writer, me.doors.context)
    await records.shake()
    record = bytearray(records.record(b"hello\n" * 100))
    record[random.randrange(len(record))] ^= 1 << random.randrange(8)
    writer.write(bytes(record))
    await swallow(reader, 2)


async def handshakes(me, door):
    reader, writer = await me.open(door, bare=True)
    version = random.choice([None, None, ssl.TLSVersion.TLSv1_2])
    context = me.older if version else me.doors.context
    await Records(reader, writer, context).shake()


async def hello_and_away(me, door):
    reader, writer = await me.open(door, bare=True)
    writer.write(Records(reader, writer, me.doors.context).hello())
    await reader.read(100)


async def hello_again_and_again(me, door):
    reader, writer = await me.open(door, bare=True)
    await pour(writer, Records(reader, writer, me.doors.context).hello(), 500)
    await swallow(reader, 2)


async def plain_at_tls(me, door):
    reader, writer = await me.open(door, bare=True)
    writer.write(random.choice([head("GET", "/"), b"hello\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"]))
    await swallow(reader, 2)


async def garbage(me, door):
    reader, writer = await me.open(door, bare=random.random() < 0.5)
    await pour(writer, os.urandom(8192), 20)
    await swallow(reader, 2)


async def giant_line(me, door):
    reader, writer = await me.open(door)
    reading = asyncio.create_task(swallow(reader))
    await pour(writer, LONG, 400)
    await reading


async def giant_head(me, door):
    reader, writer = await me.open(door)
    writer.write(b"GET /" + b"a" * random.choice([100, 20_000]) + b" HTTP/1.1\r\n")
    await pour(writer, b"X-A: " + b"b" * 200 + b"\r\n", 400)
    await swallow(reader, 2)


async def churn(me, door):
    _, writer = await me.open(door, bare=True)
    if random.random() < 0.5:
        writer.write(random.choice([b"\n", b"/quit\n", head("GET", "/healthz"), b"\x16\x03\x01"]))


async def requests(me, door):
    reader, writer = await me.open(door)
    target = random.choice(["/", "/nowhere", "/healthz", "/metrics", "/app.js", POLL + "&sid=no"])
    reading = asyncio.create_task(swallow(reader))
    await pour(writer, head("GET", target) * 50, 100)
    await reading


async def odd_requests(me, door):
    reader, writer = await me.open(door)
    writer.write(random.choice([
        head("POST", POLL, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\nX",
        head("POST", POLL, "Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n",
        head("POST", POLL, "Content-Length: 99999999999999999999"),
        head("GET", "/socket.io/?EIO=3&transport=polling&j=0&b64=1"),
        head("GET", "//", "Origin: https://evil.example"), head("CONNECT", "evil.example:443"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n",
        head("GET", "/").replace(b"\r\n", b"\n"), head("GET", "/ws", "Host: evil.example"),
    ]))
    await swallow(reader, 2)


async def sessions(me, door):
    reader, writer = await me.open(door)
    while True:
        writer.write(head("GET", POLL))
        await response(reader)


async def two_polls(me, door):
    reader, writer = await me.open(door)
    writer.write(head("GET", POLL))
    _, body = await response(reader)
    own = f"{POLL}&sid={json.loads(body[1:])['sid']}"
    writer.write(head("GET", own))
    others, out = await me.open(door)
    out.write(head("GET", own))
    await swallow(others, 2)
    await swallow(reader, 2)
    out.close()


async def posts(me, door):
    reader, writer = await me.open(door)
    writer.write(head("GET", POLL))
    _, body = await response(reader)
    own = f"{POLL}&sid={json.loads(body[1:])['sid']}"
    content = random.choice([
        b"\x1e".join([b"3"] * 50_000), b"\x1e".join([b"2"] * 50_000), b"\x1e" * 90_000,
        b"40" + b"/a" * 40_000, b'42["message","' + LONG + b'"]', b"4" + b"[" * 90_000,
        b"\x1e".join([b"40/chat,{}"] * 9_000), b'459999999999-["a",{"_placeholder":true,"num":0}]',
        b"b" + b"A" * 90_000, b'42["error",{"toString":1}]', b"6" * 1000, b"4" + b"9" * 50_000,
    ])
    for _ in range(20):
        writer.write(head("POST", own, f"Content-Length: {len(content)}") + content)
        await response(reader)


async def at_socket(me, door, target=SOCKET):
    reader, writer = await me.open(door)
    writer.write(upgrade(target))
    top = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in top:
        raise ConnectionError("refused")
    return reader, writer


async def fragments(me, door):
    reader, writer = await at_socket(me, door, random.choice([SOCKET, "/ws"]))
    writer.write(frame(b"a", fin=False))
    piece = random.choice([b"", b"b"])
    await pour(writer, frame(piece, opcode=0, fin=False) * 500, 300)
    await swallow(reader, 2)


async def pings(me, door):
    reader, writer = await at_socket(me, door, random.choice([SOCKET, "/ws"]))
    reads = random.random() < 0.5
    reading = asyncio.create_task(swallow(reader) if reads else asyncio.sleep(STAY_S))
    await pour(writer, frame(b"p" * 125, opcode=random.choice([9, 9, 10])) * 100, 400)
    await reading


async def lying_frames(me, door):
    reader, writer = await at_socket(me, door, random.choice([SOCKET, "/ws"]))
    writer.write(random.choice([
        frame(b"a" * 10, length=1 << 62), frame(b"a" * 10, length=1 << 20), frame(b"", opcode=3),
        frame(b"\xff\xfe"), b"\x81\x05hello", frame(b"a" * 126, opcode=9), frame(b"x", opcode=0),
        frame(b"\x03", opcode=8), b"\xff" * 100, frame(b"40/chat," + b"{" * 30_000),
    ]))
    await swallow(reader, 3)


async def deaf(me, door):
    """Asks for a lot, and reads nothing."""
    _, writer = await me.open(door)
    asked = lines("hi", "/history 1000", "/who", "/rooms", "/help", "/search a") * 20
    await asyncio.wait_for(pour(writer, asked, 50), STAY_S)
    await asyncio.sleep(STAY_S)


async def deaf_socket(me, door):
    _, writer = await at_socket(me, door, "/ws")
    asked = b"".join(frame(text) for text in (b"/history 1000", b"/rooms", b"/help")) * 20
    await asyncio.wait_for(pour(writer, asked, 50), STAY_S)
    await asyncio.sleep(STAY_S)


async def names(me, door):
    reader, writer = await me.open(door)
    reading = asyncio.create_task(swallow(reader, 4))
    for _ in range(400):
        name = f"{random.choice(me.wanted)}{random.choice(['', '', random.randrange(10**6)])}"
        writer.write(lines(f"/nick {name}"))
        await writer.drain()
    await reading


async def rooms(me, door):
    reader, writer = await me.open(door)
    reading = asyncio.create_task(swallow(reader, 4))
    for _ in range(400):
        room = f"r{random.randrange(10**9)}"
        writer.write(lines(f"/join {room}", f"/topic {'t' * 200}", "mine"))
        await writer.drain()
    await reading


async def flood(me, door):
    reader, writer = await me.open(door)
    reading = asyncio.create_task(swallow(reader))
    text = random.choice(["spam " * 50, "s", "e\u0301\u0301\u0301" * 100, "\x1b[2J\x07" * 30])
    await asyncio.wait_for(pour(writer, lines(*[text] * 20), 100), STAY_S)
    await reading


async def questions(me, door):
    reader, writer = await me.open(door)
    reading = asyncio.create_task(swallow(reader))
    asked = lines("/history 1000", "/search e", "/search line spam", "/who", "/rooms", "/ignore x",
                  "/msg nobody hi", "/help", "/wrong") * 10
    await asyncio.wait_for(pour(writer, asked, 100), STAY_S)
    await reading


async def requests_in_chat(me, door):
    reader, writer = await at_socket(me, door)
    await next_frame(reader)
    writer.write(frame(b"40/chat,{}"))
    reading = asyncio.create_task(swallow(reader))
    asked = [
        ["history", {"room": "lobby", "limit": 100}], ["search", {"text": "spam"}], ["rooms", {}],
        ["who", {"room": "lobby"}], ["typing", {"room": "lobby", "on": True}],
        ["typing", {"room": "lobby", "on": False}], ["ignore", {"nick": "x", "on": True}],
        ["dm", {"to": "nobody", "text": "a" * 2000}], ["join", {"room": f"q{random.random()}"}],
        ["topic", {"room": "lobby", "text": "t" * 300}], ["nick", {"nick": random.choice(me.wanted)}],
        ["post", {"room": "lobby", "text": "spam " * 200, "key": str(random.random())}],
        ["post", {"room": [], "text": {}}], ["nothing", 1], ["forget"],
    ]
    random.shuffle(asked)
    for number in range(600):
        packet = f"42/chat,{number}{json.dumps(asked[number % len(asked)])}"
        writer.write(frame(packet.encode()))
        await writer.drain()
    await reading


async def comings_and_goings(me, door):
    reader, writer = await at_socket(me, door)
    await next_frame(reader)
    for _ in range(200):
        writer.write(frame(b"40/chat,{}") + frame(b"41/chat") + frame(b"40") + frame(b"41"))
        await writer.drain()
    await swallow(reader, 2)


PLAIN, SECURE = ("lines", "http"), ("lines-tls", "https")
LINES, WEB = ("lines", "lines-tls"), ("http", "https")
ALL = PLAIN + SECURE
# How an attempt may end: the server ends it, it says something else than expected, or time is up.
EXPECTED = (OSError, EOFError, ValueError, KeyError, asyncio.TimeoutError,
            asyncio.LimitOverrunError, asyncio.IncompleteReadError)
# Each attack with its doors, and the number of connections at a time.
ATTACKS = [
    (slow_head, WEB, 60), (slow_body, WEB, 60), (slow_line, LINES, 60), (half_hello, SECURE, 60),
    (half_record, SECURE, 60), (tiny_records, SECURE, 20), (broken_record, SECURE, 30),
    (handshakes, SECURE, 30), (hello_and_away, SECURE, 60), (hello_again_and_again, SECURE, 20),
    (plain_at_tls, SECURE, 40), (garbage, ALL, 40), (giant_line, LINES, 10), (giant_head, WEB, 20),
    (churn, ALL, 40), (requests, WEB, 20), (odd_requests, WEB, 30), (sessions, WEB, 20),
    (two_polls, WEB, 20), (posts, WEB, 20), (fragments, WEB, 20), (pings, WEB, 20),
    (lying_frames, WEB, 40), (deaf, LINES, 40), (deaf_socket, WEB, 40), (names, LINES, 20),
    (rooms, LINES, 20), (flood, LINES, 40), (questions, LINES, 20), (requests_in_chat, WEB, 20),
    (comings_and_goings, WEB, 20),
]


class Attempt:
    """One try of one attack: its connections end with it."""

    def __init__(self, attacker, attack, count):
        self.doors, self.source, self.older = attacker.doors, attacker.source, attacker.older
        self.wanted = attacker.wanted
        self.attack, self.count, self.writers = attack, count, []

    async def open(self, door, bare=False):
        reader, writer = await self.doors.open(door, self.source, bare, limit=1 << 16)
        self.count["connected"] += 1
        self.writers.append(writer)
        return reader, writer

    async def run(self, door):
        """Tries once."""
        try:
            await asyncio.wait_for(self.attack(self, door), 4 * STAY_S)
        except EXPECTED:
            pass
        finally:
            for writer in self.writers:
                writer.transport.abort()


class Attacker:
    """One address. It has one attack after the other, in an order of its own, and now and then many
    of them at the same time."""

    def __init__(self, doors, source, seed, wanted):
        self.doors, self.source, self.wanted = doors, source, wanted
        self.older = trusting(doors.certificate, ssl.TLSVersion.TLSv1_2)
        self.chance = random.Random(seed)
        self.counts = {}

    async def again_and_again(self, attack, door, end):
        count = self.counts.setdefault(attack.__name__, {"tried": 0, "connected": 0})
        loop = asyncio.get_running_loop()
        while loop.time() < end:
            started = loop.time()
            count["tried"] += 1
            await Attempt(self, attack, count).run(door)
            # A refused connection is tried again, a hundred times a second at most.
            await asyncio.sleep(max(0.0, 0.01 - (loop.time() - started)))

    def chosen(self, turn, order):
        """The attacks of a slot, with the number of connections. Each fourth slot has many attacks
        with few connections each."""
        if turn % 4 == 3:
            return [(attack, doors, 7) for attack, doors, _ in self.chance.sample(ATTACKS, 8)]
        return [order[(turn - turn // 4) % len(order)]]

    async def run(self, seconds, slot):
        """Attacks for this time, with other attacks in each slot."""
        loop = asyncio.get_running_loop()
        end, turn = loop.time() + seconds, 0
        order = self.chance.sample(ATTACKS, len(ATTACKS))
        while loop.time() < end:
            until = min(end, loop.time() + slot)
            tasks = [
                asyncio.create_task(self.again_and_again(attack, doors[number % len(doors)], until))
                for attack, doors, count in self.chosen(turn, order) for number in range(count)
            ]
            turn += 1
            _, late = await asyncio.wait(tasks, timeout=until - loop.time() + 1)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    """`attacks.py SOURCE SEED SECONDS SLOT DOORS`, where DOORS is in JSON. Prints what it did."""
    source, seed, seconds, slot, where = sys.argv[1:]
    doors = Doors(**json.loads(where))
    wanted = ["alice", "bob", "root", "admin", "new1", "new2", "guest-1"]
    attacker = Attacker(doors, source, int(seed), wanted)
    # An attack whose time is over may end with a fault that nobody waits for any more.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await attacker.run(float(seconds), float(slot))
    print(json.dumps(attacker.counts))


if __name__ == "__main__":
    asyncio.run(main())
