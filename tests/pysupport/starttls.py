"""Bases of all fake servers and test clients: the TLS upgrade in both roles, and the dispatch of commands to methods."""

import copy
import dataclasses
import time

from pysupport.channel import Channel, open_socket


@dataclasses.dataclass
class Command:
    """One unit that a client sent: a line, a line with its literals, a message or an element."""

    raw: bytes  # as received
    verb: bytes  # upper case; selects the method that answers
    arguments: list = dataclasses.field(default_factory=list)
    tag: bytes = b""
    number: int = 0  # in protocols that number their messages


class StartTlsServer:
    """A behaviour for Upstream: a server that works, except where a test asks for something else.

    tls: a server context. Without one, the server refuses STARTTLS.
    implicit: the TLS handshake comes first, before the greeting.
    banner: the greeting; by default the protocol's own.
    offer: whether STARTTLS is advertised before TLS; by default it is if `tls` is set. "always": inside TLS too.
    on: verb → bytes to send instead of the usual reply ($TAG stands for the command's tag), or a function(channel,
    command) that sends the reply. A function that returns False ends the session.
    capabilities: what the server advertises besides STARTTLS; by default the protocol's own list.

    A subclass answers the verb X in the method do_x(command). It returns the bytes to send, None if it sent everything
    itself, or False to end the session.

    Each connection is served by a shallow copy of the server. An attribute that a method assigns belongs to that
    connection; lists and dicts are shared by all connections, so tests can inspect them.
    """

    BANNER = b""
    CAPABILITIES = ()
    STARTTLS = b"STARTTLS"  # the verb of the upgrade

    def __init__(self, *, tls=None, implicit=False, banner=None, offer=None, on=None, capabilities=None, protocol=None):
        self.tls, self.implicit, self.protocol = tls, implicit, protocol
        self.banner = self.BANNER if banner is None else banner
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = dict(on or {})
        self.capabilities = tuple(self.CAPABILITIES if capabilities is None else capabilities)
        self.channel = None

    def __call__(self, channel):
        self.session(channel).run()

    def session(self, channel):
        """The copy of this server that serves this connection."""
        session = copy.copy(self)
        session.channel = channel
        return session

    def run(self):
        """Serves the connection."""
        if self.implicit:
            self.start_tls()
        self.send(self.greeting())
        while self.dispatch(self.read_command()) is not False:
            pass

    def greeting(self):
        return self.banner

    def read_command(self):
        """The next Command."""
        raise NotImplementedError

    def dispatch(self, command):
        """Answers the command. False ends the session."""
        action = self.on.get(command.verb)
        if callable(action):
            return action(self.channel, command)
        if action is not None:
            return self.send(action.replace(b"$TAG", command.tag))
        method = getattr(self, "do_" + command.verb.decode("latin-1").lower(), self.do_unknown)
        reply = method(command)
        return self.send(reply) if isinstance(reply, bytes) else reply

    def do_unknown(self, command):
        """Answers a verb that has no method."""
        raise NotImplementedError

    def send(self, data):
        self.channel.send(data)

    def offers_starttls(self):
        """Whether STARTTLS belongs in the capabilities now."""
        return self.offer == "always" or (self.offer and self.channel.tls is None)

    def accept_starttls(self, go_ahead, refusal):
        """The reply to STARTTLS: sends `go_ahead` and makes the handshake, or returns `refusal` if TLS is not possible."""
        if self.tls is None or self.channel.tls is not None:
            return refusal
        self.send(go_ahead)
        self.start_tls()
        return None

    def start_tls(self):
        self.channel.start_tls(self.tls, server=True)

    def leave(self, goodbye=b""):
        """Ends the session in order: the goodbye, our end of the stream, then the client's."""
        self.send(goodbye)
        self.channel.half_close()
        self.channel.rest()
        return False


class StartTlsClient(Channel):
    """A channel that speaks a protocol as a client, one command at a time."""

    def __init__(self, port, host="127.0.0.1", protocol=None, source=None):
        since = time.monotonic()
        super().__init__(open_socket(port, host, source))
        self.since, self.host, self.protocol = since, host, protocol
        self.greeting = b""

    def arrive(self):
        """Reads what the server sends before the client may speak: nothing, in some protocols."""

    def starttls_request(self):
        """The bytes that ask for TLS."""
        raise NotImplementedError

    def read_go_ahead(self):
        """Reads the answer to the request for TLS, and returns it. Raises AssertionError if it is not the go-ahead."""
        raise NotImplementedError

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """Asks for TLS and makes the handshake; returns the go-ahead.

        coalesced: the request and the ClientHello are sent in one segment.
        """
        request, got = self.starttls_request(), []
        if coalesced:
            self.start_tls(context, hostname, session, prefix=request, go_ahead=lambda _: got.append(self.read_go_ahead()))
        else:
            self.send(request)
            got.append(self.read_go_ahead())
            self.start_tls(context, hostname, session)
        self.upgraded()
        return got[0]

    def reply(self):
        """The next unit that the server sends."""
        raise NotImplementedError

    def upgraded(self):
        """Reads what the server sends unasked inside TLS: nothing, in most protocols."""

    def leave(self):
        """Reads to the end of the stream, which must be empty, and ends our direction too."""
        tail = self.rest()
        if tail:
            raise AssertionError(f"data after the goodbye: {tail!r}")
        self.close_both()

    def close_both(self):
        """Half-closes, if the peer has not reset the connection, and closes."""
        try:
            self.half_close()
        except OSError:
            pass
        self.close()
