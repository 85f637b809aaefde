"""One end of a TCP connection, with or without TLS. It records every received byte, and how the stream ended."""

import enum
import select
import socket
import ssl
import struct
import threading
import time

from pysupport.timing import SLOWDOWN, Deadline


class End(enum.Enum):
    """How the peer's stream ended."""

    FIN = "fin"  # without TLS
    CLOSE_NOTIFY = "close_notify"
    TRUNCATED = "truncated"  # FIN inside TLS, without close_notify
    RESET = "reset"
    TLS_ERROR = "tls_error"  # an alert, or bytes that are not TLS


class Ended(Exception):
    """The stream ended before the expected data came."""


class Channel:
    """A connected socket. Not thread-safe."""

    def __init__(self, sock):
        self.sock = sock
        self.local = _name(sock.getsockname())
        self.since = 0.0  # when it was connected; the record of its session is not older
        self.plain = bytearray()  # every byte received before TLS
        self.inside = bytearray()  # every byte received inside TLS, decrypted
        self.keep = True  # record received bytes; large transfers switch it off
        self.tls = None
        self.end = None
        self.error = None  # the text of the TLS error, if there was one
        self.done = threading.Event()  # set when the behaviour that serves this connection has ended
        self._buffer = bytearray()
        self._incoming = self._outgoing = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- sending

    def send(self, data, timeout=None):
        """Sends through TLS if it is active, else in plaintext."""
        if self.tls is None:
            return self.send_raw(data, timeout)
        view = memoryview(data)
        while view:
            written = self.tls.write(view[:1048576])
            view = view[written:]
            self.send_raw(self._outgoing.read(), timeout)
        return None

    def send_raw(self, data, timeout=None):
        """Sends below TLS, e.g. plaintext in the middle of it."""
        self.sock.settimeout(Deadline(timeout).left())
        self.sock.sendall(data)

    def half_close(self, notify=True):
        """Ends our direction: close_notify if TLS is active and `notify` is set, then FIN."""
        if self.tls is not None and notify:
            self.send_raw(self._close_notify())
        self.sock.shutdown(socket.SHUT_WR)

    def half_close_notify_only(self):
        """Sends close_notify without FIN. What we send after it is not TLS."""
        self.send_raw(self._close_notify())

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    # -- receiving

    def line(self, timeout=None):
        """The next line with its line feed."""
        return self.until(b"\n", timeout)

    def until(self, marker, timeout=None):
        deadline = Deadline(timeout)
        while marker not in self._buffer:
            self._pull(deadline, f"{marker!r}")
        return self._take(self._buffer.index(marker) + len(marker))

    def exactly(self, count, timeout=None):
        deadline = Deadline(timeout)
        while len(self._buffer) < count:
            self._pull(deadline, f"{count} bytes")
        return self._take(count)

    def some(self, timeout=None):
        """The next data, at least one byte; b"" at the end of the stream."""
        deadline = Deadline(timeout)
        try:
            while not self._buffer:
                self._pull(deadline, "any byte")
        except Ended:
            return b""
        return self._take(len(self._buffer))

    def rest(self, timeout=None):
        """All data up to the end of the stream; `end` says how it ended."""
        deadline = Deadline(timeout)
        try:
            while True:
                self._pull(deadline, "the end of the stream")
        except Ended:
            return self._take(len(self._buffer))

    def sip(self, count):
        """The data of one read of at most `count` raw bytes; may be empty if TLS has no complete record yet."""
        self._pull(Deadline(), "a sip", count)
        return self._take(len(self._buffer))

    def pause(self, seconds):
        """Reads nothing for that long (scaled), unless the peer resets. Only for readers that must be slow."""
        watch = select.poll()
        watch.register(self.sock, 0)
        watch.poll(seconds * SLOWDOWN * 1000)

    def silent_for(self, seconds):
        """Whether nothing arrives for that long (scaled). Only for checks that something does not come."""
        try:
            self.some(seconds)
        except TimeoutError:
            return True
        return False

    # -- TLS

    def start_tls(self, context, server_hostname=None, session=None, server=False, prefix=b"", go_ahead=None):
        """Makes the handshake.

        `prefix` is sent in one segment with our first flight. `go_ahead(channel)` is called after that, to read the peer's
        plaintext go-ahead; all data behind the go-ahead goes to TLS.
        """
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server, server_hostname=server_hostname, session=session
        )
        if not server:
            self._step(tls)
            self.send_raw(prefix + self._outgoing.read())
        if go_ahead is not None:
            go_ahead(self)
        if self._buffer:
            left = self._take(len(self._buffer))
            del self.plain[-len(left) :]
            self._incoming.write(left)
        deadline = Deadline()
        try:
            while not self._step(tls):
                self._flush()
                self._incoming.write(self._receive(deadline, "the TLS handshake"))
        except (ssl.SSLError, Ended) as error:
            self.error = str(error)
            if isinstance(error, ssl.SSLError):
                self.end = End.TLS_ERROR
            self._flush()
            raise
        self._flush()
        self.tls = tls
        self._decrypt()
        return self

    def _step(self, tls):
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _flush(self):
        try:
            self.send_raw(self._outgoing.read())
        except OSError:
            pass

    def _close_notify(self):
        try:
            self.tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass
        return self._outgoing.read()

    # -- internal

    def _take(self, count):
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _receive(self, deadline, what, count=262144):
        """Raw bytes from the socket; raises Ended at the end."""
        if self.end is not None:
            raise Ended(f"the stream had ended ({self.end.value}) before {what}; got {bytes(self._buffer[-300:])!r}")
        self.sock.settimeout(deadline.left(f"{what}; got {bytes(self._buffer[-300:])!r}"))
        try:
            data = self.sock.recv(count)
        except TimeoutError:
            raise TimeoutError(f"waited too long for {what}; got {bytes(self._buffer[-300:])!r}") from None
        except ConnectionError:
            self.end = End.RESET
            raise Ended(f"reset before {what}; got {bytes(self._buffer[-300:])!r}") from None
        if not data:
            self.end = End.FIN if self.tls is None else End.TRUNCATED
            raise Ended(f"ended before {what}; got {bytes(self._buffer[-300:])!r}")
        return data

    def _pull(self, deadline, what, count=262144):
        data = self._receive(deadline, what, count)
        if self.tls is None:
            if self.keep:
                self.plain += data
            self._buffer += data
            return
        self._incoming.write(data)
        self._decrypt()

    def _decrypt(self):
        try:
            while data := self.tls.read(262144):
                if self.keep:
                    self.inside += data
                self._buffer += data
            self.end = End.CLOSE_NOTIFY
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.end = End.CLOSE_NOTIFY
        except ssl.SSLError as error:
            self.end, self.error = End.TLS_ERROR, str(error)
        self._flush()


def _name(address):
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def open_socket(port, host="127.0.0.1", source=None, receive_buffer=None):
    """A connected TCP socket; `source` is its local address, if given."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if source is not None:
        sock.bind((source, 0))
    sock.settimeout(Deadline().left())
    sock.connect((host, port))
    return sock


def connect(port, host="127.0.0.1", source=None, receive_buffer=None):
    """A channel that is connected as a client."""
    since = time.monotonic()
    channel = Channel(open_socket(port, host, source, receive_buffer))
    channel.since = since
    return channel
