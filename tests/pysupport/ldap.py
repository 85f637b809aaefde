"""LDAP for both ends of a test: raw BER, a fake server that can misbehave, and a plain-spoken client."""

from pysupport.channel import Channel, connect

OID = b"1.3.6.1.4.1.1466.20037"


def element(tag, content):
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + content


def message(number, tag, body=b""):
    return element(0x30, element(2, bytes([number])) + element(tag, body))


def result(number, tag, code):
    return message(number, tag, element(10, bytes([code])) + element(4, b"") + element(4, b""))


def starttls(number):
    return message(number, 0x77, element(0x80, OID))


def bind(number):
    return message(number, 0x60, element(2, b"\x03") + element(4, b"") + element(0x80, b""))


def root_dse(number):
    limits = element(10, b"\0") + element(10, b"\0") + element(2, b"\0") + element(2, b"\0") + element(1, b"\0")
    return message(number, 0x63, element(4, b"") + limits + element(0x87, b"objectClass") + element(0x30, element(4, b"+")))


def entry(number, offer):
    values = element(4, b"1.3.6.1.1.8") + (element(4, OID) if offer else b"")
    attribute = element(0x30, element(4, b"supportedExtension") + element(0x31, values))
    return message(number, 0x64, element(4, b"") + element(0x30, attribute))


def read(channel):
    """One message as (id, tag of the operation, whole)."""
    head = channel.exactly(2)
    octets = head[1] & 0x7F if head[1] & 0x80 else 0
    more = channel.exactly(octets)
    body = channel.exactly(int.from_bytes(more, "big") if octets else head[1])
    return body[2], body[3], head + more + body


class Server:
    """A behaviour for Upstream. tls: StartTLS is done with it; implicit: TLS from the first byte."""

    def __init__(self, tls=None, implicit=False):
        self.tls, self.implicit = tls, implicit

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        while True:
            number, tag, whole = read(channel)
            if tag == 0x42:
                channel.half_close()
                channel.rest()
                return
            if tag == 0x63:
                offer = self.tls is not None and not self.implicit and channel.tls is None
                channel.send(entry(number, offer) + result(number, 0x65, 0))
            elif tag == 0x60:
                channel.send(result(number, 0x61, 0))
            elif OID in whole and self.tls is not None and channel.tls is None:
                channel.send(result(number, 0x78, 0))
                channel.start_tls(self.tls, server=True)
            else:
                channel.send(result(number, 0x78, 1 if channel.tls is not None else 2))


class Client(Channel):
    """A channel that speaks LDAP, one operation at a time."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        """The client speaks first."""

    def ask(self, request):
        """The request's answers, up to the one that ends it, as bytes."""
        self.send(request)
        got = []
        while not got or got[-1][1] == 0x64:
            got.append(read(self))
        return b"".join(whole for _, _, whole in got)

    def upgrade(self, context, number=9):
        answer = self.ask(starttls(number))
        if answer[7:10] != b"\x0a\x01\x00":
            raise AssertionError(f"StartTLS was answered with {answer!r}")
        self.start_tls(context, "localhost")
        return answer

    def leave(self):
        self.send(message(60, 0x42))
        tail = self.rest()
        if tail:
            raise AssertionError(f"after Unbind came {tail!r}")
        self.close()


def dial(port, _protocol):
    return Client(port)
