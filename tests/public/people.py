"""People who do nothing wrong. They talk through every door while others attack, and note for each
line how long it took to reach each of the others, and which lines never came."""

import asyncio
import json
import time

from wire import frame, head, next_frame, response, upgrade

POLL = "/socket.io/?EIO=4&transport=polling"
SOCKET = "/socket.io/?EIO=4&transport=websocket"
PACE_S = 1.0
STEP_S = 20


class Talk:
    """A room, its people, and the lines that they have said."""

    def __init__(self, room):
        self.room, self.people = room, []
        self.sent, self.delays, self.count = {}, [], 0

    def said(self, author):
        """A new line of this author."""
        self.count += 1
        line = f"line-{author.name}-{self.count}"
        self.sent[line] = (time.monotonic(), {one.name for one in self.people if one is not author})
        return line

    def heard(self, listener, text):
        """Notes a line if it is one of ours."""
        at = text.find("line-")
        if at < 0:
            return
        line = text[at:].split()[0]
        if line in self.sent:
            when, missing = self.sent[line]
            if listener.name in missing:
                missing.discard(listener.name)
                self.delays.append((time.monotonic() - when, when, f"{line} at {listener.name}"))

    def losses(self):
        """Lines that somebody has never heard, with those people."""
        return {line: sorted(missing) for line, (_, missing) in self.sent.items() if missing}


class Person:
    """Somebody at a door. A kind of person says how to come in, to speak and to listen."""

    def __init__(self, doors, door, source, name, talk):
        self.doors, self.door, self.source, self.name, self.talk = doors, door, source, name, talk
        self.ends = []
        talk.people.append(self)

    async def enter(self):
        self.reader, self.writer = await self.doors.open(self.door, self.source)
        await asyncio.wait_for(self.greet(), STEP_S)
        self.listening = asyncio.create_task(self.listen_on())

    async def listen_on(self):
        try:
            await self.listen()
            self.ends.append("ended")
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            self.ends.append(repr(error))

    async def until(self, lines, wanted):
        """Waits for a line with this text."""
        while True:
            line = await lines()
            if wanted in line:
                return line

    def is_here(self):
        return not self.listening.done()

    def leave(self):
        self.listening.cancel()
        self.writer.close()


class Line(Person):
    """At netcat, or at openssl."""

    async def line(self):
        line = await self.reader.readuntil(b"\n")
        return line.decode()

    async def greet(self):
        await self.until(self.line, "Welcome")
        if self.name:
            await self.write(f"/nick {self.name}")
            await self.until(self.line, f"you are now {self.name}")
        if self.talk.room != "lobby":
            await self.write(f"/join {self.talk.room}")
            await self.until(self.line, f"#{self.talk.room}")

    async def write(self, line):
        self.writer.write(f"{line}\n".encode())
        await self.writer.drain()

    async def say(self, text):
        await self.write(text)

    async def listen(self):
        while True:
            self.talk.heard(self, await self.line())


class Socket(Line):
    """At a plain WebSocket, where a message is a line."""

    TARGET = "/ws"

    async def text(self):
        while True:
            opcode, data = await next_frame(self.reader)
            if opcode == 9:
                self.writer.write(frame(data, opcode=10))
            elif opcode == 8:
                raise EOFError(f"closed: {data!r}")
            else:
                return data.decode()

    async def begin(self):
        self.writer.write(upgrade(self.TARGET))
        status = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in status:
            raise EOFError(f"refused: {status!r}")

    line = text

    async def greet(self):
        await self.begin()
        await Line.greet(self)

    async def write(self, line):
        self.writer.write(frame(line.encode()))
        await self.writer.drain()


class Events(Socket):
    """With Socket.IO by WebSocket, in namespace /chat."""

    TARGET = SOCKET
    number = 0

    async def text(self):
        while True:
            text = await Socket.text(self)
            if text != "2":
                return text
            await self.write("3")

    async def greet(self):
        await self.begin()
        await self.join()

    async def join(self):
        auth = json.dumps({"nick": self.name} if self.name else {})
        await self.until(self.text, "0{")
        await self.write(f"40/chat,{auth}")
        await self.until(self.text, '"welcome"')
        if self.talk.room != "lobby":
            await self.ask("join", room=self.talk.room)
            await self.until(self.text, f"43/chat,{self.number}")

    async def ask(self, event, **data):
        self.number += 1
        await self.write(f"42/chat,{self.number}{json.dumps([event, data])}")

    async def say(self, text):
        await self.ask("post", room=self.talk.room, text=text)

    async def listen(self):
        while True:
            text = await self.text()
            if '"message"' in text:
                self.talk.heard(self, text.replace('"', " "))


class Tutorial(Events):
    """With Socket.IO by WebSocket, in namespace / as in a tutorial; always in the lobby."""

    async def join(self):
        await self.until(self.text, "0{")
        await self.write("40")
        await self.until(self.text, "40{")

    async def say(self, text):
        await self.write(f"42{json.dumps(['message', text])}")


class Polling(Events):
    """With Socket.IO by polling, over one connection for what comes and another for what goes."""

    async def begin(self):
        self.packets, self.sid = [], ""
        self.own, self.out = await self.doors.open(self.door, self.source)
        self.posting = asyncio.Lock()

    async def text(self):
        while True:
            while not self.packets:
                self.writer.write(head("GET", POLL + self.sid))
                status, body = await response(self.reader)
                if status != 200:
                    raise EOFError(f"a poll is answered {status}: {body!r}")
                self.packets = body.decode().split("\x1e")
            text = self.packets.pop(0)
            if text == "1":
                raise EOFError("closed")
            if text == "2":
                await self.write("3")
                continue
            if text.startswith("0{"):
                self.sid = f"&sid={json.loads(text[1:])['sid']}"
            return text

    async def write(self, packet):
        async with self.posting:
            body = packet.encode()
            self.out.write(head("POST", POLL + self.sid, f"Content-Length: {len(body)}") + body)
            status, said = await response(self.own)
            if status != 200:
                raise EOFError(f"a post is answered {status}: {said!r}")

    def leave(self):
        self.out.close()
        Events.leave(self)


KINDS = [
    (Line, "lines"), (Line, "lines-tls"), (Socket, "http"), (Socket, "https"),
    (Events, "http"), (Events, "https"), (Polling, "http"), (Polling, "https"),
]
IN_THE_LOBBY = [(Line, "lines"), (Line, "lines-tls"), (Tutorial, "http"), (Tutorial, "https"),
                (Events, "https"), (Polling, "http")]


async def talk_on(person, is_over):
    """Says a line each second, and comes in again if it had to leave."""
    while not is_over():
        started = time.monotonic()
        try:
            if not person.is_here():
                await person.enter()
            await asyncio.wait_for(person.say(person.talk.said(person)), STEP_S)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            person.ends.append(repr(error))
            person.listening.cancel()
        await asyncio.sleep(max(0, PACE_S - (time.monotonic() - started)))


async def newcomers(doors, source, is_over, pause=0.5):
    """One after the other comes in at each door in turn, without a name: an address may have 600 new
    ones an hour. Returns how long each greeting took, and those who were not let in."""
    delays, refused, count = [], [], 0
    while not is_over():
        kind, door = KINDS[count % len(KINDS)]
        count += 1
        started = time.monotonic()
        person = kind(doors, door, source, None, Talk("lobby"))
        try:
            await person.enter()
            delays.append((time.monotonic() - started, started, f"{kind.__name__} at {door}"))
            person.leave()
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            refused.append(f"{kind.__name__} at {door}: {error!r}")
        await asyncio.sleep(pause)
    return delays, refused
