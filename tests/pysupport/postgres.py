"""PostgreSQL's first messages in both roles: a fake server and a test client."""

import struct

from pysupport.starttls import Command, StartTlsClient, StartTlsServer

SSL = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # SSLRequest
GSS = b"\x00\x00\x00\x08\x04\xd2\x16\x30"  # GSSENCRequest
CANCEL_CODE = b"\x04\xd2\x16\x2e"
READY = b"R\x00\x00\x00\x08\x00\x00\x00\x00" + b"Z\x00\x00\x00\x05I"  # AuthenticationOk, ReadyForQuery
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
    """The fields of an ErrorResponse: type → text."""
    assert error[:1] == b"E" and len(error) == 1 + struct.unpack("!I", error[1:5])[0], error
    parts = error[5:-2].split(b"\x00")
    return {part[:1].decode(): part[1:].decode() for part in parts}


class Server(StartTlsServer):
    """Accepts every login, and echoes each query.

    answer: the bytes that answer SSLRequest instead. Unless they begin with `S` or `N`, the session then ends.
    Startup messages are in `started`, cancel requests in `cancelled`.
    """

    STARTTLS = b"SSLREQUEST"

    def __init__(self, answer=None, **options):
        super().__init__(**options)
        self.answer = answer
        self.started, self.cancelled = [], []
        self.in_session = False

    def read_command(self):
        if self.in_session:
            kind = self.channel.exactly(1)
            size = self.channel.exactly(4)
            body = self.channel.exactly(struct.unpack("!I", size)[0] - 4)
            return Command(body, b"TERMINATE" if kind == b"X" else b"QUERY")
        head = self.channel.exactly(4)
        packet = head + self.channel.exactly(struct.unpack("!I", head)[0] - 4)
        verb = self.STARTTLS if packet == SSL else b"CANCEL" if packet[4:8] == CANCEL_CODE else b"STARTUP"
        return Command(packet, verb)

    def do_sslrequest(self, _):
        if self.answer is None:
            return self.accept_starttls(b"S", b"N")
        if self.answer[:1] not in (b"S", b"N"):
            return self.leave(self.answer)
        self.send(self.answer)
        if self.answer[:1] == b"S":
            self.start_tls()
        return None

    def do_cancel(self, command):
        self.cancelled.append(command.raw)
        self.channel.half_close()
        return False

    def do_startup(self, command):
        self.started.append(command.raw)
        self.in_session = True
        return READY

    def do_query(self, command):
        return message(b"D", command.raw) + b"Z\x00\x00\x00\x05I"

    def do_terminate(self, _):
        return self.leave()


class Client(StartTlsClient):
    """The client speaks first."""

    def ask(self, request=SSL):
        """Sends a request; returns the one byte that answers it."""
        self.send(request)
        return self.exactly(1)

    def starttls_request(self):
        return SSL

    def read_go_ahead(self):
        answer = self.exactly(1)
        if answer != b"S":
            raise AssertionError(f"SSLRequest was answered with {answer!r}")
        return answer

    def reply(self):
        head = self.exactly(5)
        return head + self.exactly(struct.unpack("!I", head[1:])[0] - 4)

    def login(self, packet=None):
        """Sends a StartupMessage; returns the first message of the reply. After AuthenticationOk, waits for ReadyForQuery."""
        self.send(packet or startup())
        answer = self.reply()
        if answer[:1] == b"R":
            assert self.reply()[:1] == b"Z"
        return answer

    def query(self, text):
        self.send(query(text))
        answer = self.reply()
        assert self.reply()[:1] == b"Z"
        return answer

    def quit(self):
        """Terminate, and the end of the stream."""
        self.send(TERMINATE)
        self.leave()
