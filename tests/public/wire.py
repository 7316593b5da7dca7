"""Connections for attackers and for the people beside them: plain, over TLS, and TLS by the record."""

import asyncio
import base64
import os
import ssl
import struct

HOST = "chat.example"
CONNECT_S = 5


def trusting(certificate, version=None):
    """The settings of a client that trusts this certificate, with this version of TLS at most."""
    context = ssl.create_default_context(cafile=certificate)
    if version:
        context.maximum_version = version
    return context


class Doors:
    """Where the doors are, and the certificate of those that speak TLS."""

    ALL = ("lines", "lines-tls", "http", "https")

    def __init__(self, address, ports, certificate):
        self.address, self.ports, self.certificate = address, ports, certificate
        self.context = trusting(certificate)

    @staticmethod
    def is_secure(door):
        return door in ("lines-tls", "https")

    async def open(self, door, source, bare=False, limit=2**20):
        """A connection to a door from this address. A bare one leaves TLS to the caller."""
        secure = {}
        if self.is_secure(door) and not bare:
            secure = {"ssl": self.context, "server_hostname": HOST}
        connecting = asyncio.open_connection(
            self.address, self.ports[door], local_addr=(source, 0), limit=limit, **secure)
        return await asyncio.wait_for(connecting, CONNECT_S)


class Records:
    """TLS over a bare connection, whose records can be cut, broken and repeated."""

    def __init__(self, reader, writer, context):
        self.reader, self.writer = reader, writer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=HOST)

    def hello(self):
        """The first record of the handshake."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    async def shake(self):
        """The whole handshake."""
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.writer.write(self.outgoing.read())
                data = await asyncio.wait_for(self.reader.read(65536), CONNECT_S)
                if not data:
                    raise ConnectionError("ended in the handshake") from None
                self.incoming.write(data)
        self.writer.write(self.outgoing.read())

    def record(self, data):
        """The bytes as records."""
        self.tls.write(data)
        return self.outgoing.read()


def head(method, target, *fields):
    """A request's head."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def upgrade(target):
    """A request for a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return head("GET", target, "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")


def frame(data, opcode=1, fin=True, length=None):
    """A client's frame. `length` lies about the length of the data."""
    claimed = len(data) if length is None else length
    first = (0x80 if fin else 0) | opcode
    if claimed < 126:
        start = struct.pack(">BB", first, 0x80 | claimed)
    elif claimed < 65536:
        start = struct.pack(">BBH", first, 0x80 | 126, claimed)
    else:
        start = struct.pack(">BBQ", first, 0x80 | 127, claimed)
    mask = os.urandom(4)
    repeated = (mask * (len(data) // 4 + 1))[:len(data)]
    masked = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
    return start + mask + masked.to_bytes(len(data), "big")


async def next_frame(reader):
    """The opcode and the data of a server's next frame, of one piece."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", await reader.readexactly(8))
    return first & 0x0F, await reader.readexactly(length)


async def response(reader):
    """The status and the body of a response."""
    top = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
    status = int(top.split(" ", 2)[1])
    length = 0
    for line in top.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    return status, await reader.readexactly(length)
