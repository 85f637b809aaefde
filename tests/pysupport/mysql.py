"""MySQL's packets for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

import struct

from pysupport.channel import Channel, connect

SSL = 0x0800
USUAL = 0x00080000 | 0x8000 | 0x2000 | 0x0200 | 0x0001
OK = b"\x00\x00\x00\x02\x00\x00\x00"


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting(ssl):
    flags = USUAL | (SSL if ssl else 0)
    head = b"\x0a8.0.36\x00" + struct.pack("<I", 42) + b"saltsalt\x00" + struct.pack("<HBHHB", flags & 0xFFFF, 45, 2, flags >> 16, 21)
    return packet(0, head + bytes(10) + b"moresaltmore\x00mysql_native_password\x00")


def response(number, ssl):
    head = struct.pack("<IIB", USUAL | (SSL if ssl else 0), 1 << 24, 33) + bytes(23)
    return packet(number, head + b"me\x00\x05proofmysql_native_password\x00")


SSL_REQUEST = packet(1, response(1, True)[4:36])


def read_packet(channel):
    head = channel.exactly(4)
    return head[3], channel.exactly(int.from_bytes(head[:3], "little"))


class Server:
    """A behaviour for Upstream: one login, then every command is answered with OK. tls, implicit, offer: as in smtp."""

    def __init__(self, tls=None, implicit=False, offer=None):
        self.tls, self.implicit = tls, implicit
        self.offer = tls is not None and not implicit if offer is None else offer

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(greeting(self.offer))
        number, payload = read_packet(channel)
        if len(payload) == 32 and self.tls is not None and channel.tls is None:
            channel.start_tls(self.tls, server=True)
            number, payload = read_packet(channel)
        channel.send(packet(number + 1, OK))
        while True:
            number, payload = read_packet(channel)
            if payload[:1] == b"\x01":
                channel.half_close()
                channel.rest()
                return
            channel.send(packet(number + 1, OK))


class Client(Channel):
    """A channel that logs in."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        self.number, self.greeting = read_packet(self)

    def upgrade(self, context, hostname="localhost"):
        """SSLRequest has no go-ahead: the ClientHello may come in the same segment."""
        self.start_tls(context, hostname, prefix=SSL_REQUEST)

    def log_in(self, number, ssl):
        self.send(response(number, ssl))
        return read_packet(self)


def dial(port, _):
    return Client(port)
