"""PostgreSQL's first packets for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

import struct

from pysupport.channel import Channel, connect

SSL = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
GSS = b"\x00\x00\x00\x08\x04\xd2\x16\x30"
READY = b"R\x00\x00\x00\x08\x00\x00\x00\x00" + b"Z\x00\x00\x00\x05I"
TERMINATE = b"X\x00\x00\x00\x04"


def startup(user=b"somebody", database=b"somewhere"):
    body = b"\x00\x03\x00\x00user\x00" + user + b"\x00database\x00" + database + b"\x00\x00"
    return struct.pack("!I", len(body) + 4) + body


def cancel(pid=4711, key=b"keyy"):
    return struct.pack("!IHHI", 12 + len(key), 1234, 5678, pid) + key


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def query(text):
    return message(b"Q", text + b"\x00")


def fields(error):
    """The fields of an ErrorResponse, by type."""
    assert error[:1] == b"E" and len(error) == 1 + struct.unpack("!I", error[1:5])[0], error
    parts = error[5:-2].split(b"\x00")
    return {part[:1].decode(): part[1:].decode() for part in parts}


class Server:
    """A behaviour for Upstream: any login is welcome, and each query is echoed.

    tls: a server context; then SSLRequest is agreed to. implicit: TLS from the first byte.
    answer: bytes to say to SSLRequest instead; the session then goes on only where they are `S` or `N`.
    """

    def __init__(self, tls=None, implicit=False, answer=None):
        self.tls, self.implicit, self.answer = tls, implicit, answer
        self.started = []  # startup packets
        self.cancelled = []  # cancel requests

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        packet = self._packet(channel)
        while packet == SSL:
            agreed = self.tls is not None and channel.tls is None
            answer = self.answer if self.answer is not None else b"S" if agreed else b"N"
            channel.send(answer)
            if answer[:1] == b"S":
                channel.start_tls(self.tls, server=True)
            elif answer[:1] != b"N":
                channel.half_close()
                channel.rest()
                return
            packet = self._packet(channel)
        if packet[4:8] == b"\x04\xd2\x16\x2e":
            self.cancelled.append(packet)
            channel.half_close()
            return
        self.started.append(packet)
        channel.send(READY)
        self._session(channel)

    def _session(self, channel):
        while True:
            head = channel.exactly(5)
            body = channel.exactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"X":
                channel.half_close()
                channel.rest()
                return
            channel.send(message(b"D", body) + b"Z\x00\x00\x00\x05I")

    @staticmethod
    def _packet(channel):
        head = channel.exactly(4)
        return head + channel.exactly(struct.unpack("!I", head)[0] - 4)


class Client(Channel):
    """A channel that speaks PostgreSQL, one message at a time."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        """Nothing: it is for us to speak first."""

    def ask(self, request=SSL):
        """The one byte that answers a request."""
        self.send(request)
        return self.exactly(1)

    def upgrade(self, context, coalesced=False, hostname="localhost"):
        """SSLRequest and the handshake."""

        def go_ahead(channel):
            got = channel.exactly(1)
            if got != b"S":
                raise AssertionError(f"SSLRequest was answered with {got!r}")

        if coalesced:
            self.start_tls(context, hostname, prefix=SSL, go_ahead=go_ahead)
        else:
            self.send(SSL)
            go_ahead(self)
            self.start_tls(context, hostname)

    def message(self):
        """A whole message of the server's."""
        head = self.exactly(5)
        return head + self.exactly(struct.unpack("!I", head[1:])[0] - 4)

    def login(self, packet=None):
        """A StartupMessage; returns the first message that answers it, and reads on to the prompt where it is welcome."""
        self.send(packet or startup())
        answer = self.message()
        if answer[:1] == b"R":
            assert self.message()[:1] == b"Z"
        return answer

    def query(self, text):
        self.send(query(text))
        answer = self.message()
        assert self.message()[:1] == b"Z"
        return answer

    def quit(self):
        """Terminate, and the end of both directions."""
        self.send(TERMINATE)
        tail = self.rest()
        if tail:
            raise AssertionError(f"after the goodbye came {tail!r}")
        try:
            self.half_close()
        except OSError:
            pass
        self.close()


def dial(port, _protocol):
    return Client(port)
