"""XMPP for both ends of a test, between clients and servers or between servers: a fake server that can misbehave, and a
plain-spoken client."""

import re

from pysupport.channel import Channel, Ended, connect

STREAMS = b"http://etherx.jabber.org/streams"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
FAILURE = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
THEIR_FAILURE = b'<failure xmlns="urn:ietf:params:xml:ns:xmpp-tls" />'
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>"
SUCCESS = b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
COMPRESS = b"<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>"
ENCRYPTION_REQUIRED = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"
END = b"</stream:stream>"
# What the fake has to offer, in words that a rewriting parser would change.
MECHANISMS = b"""<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl" ><mechanism>PLAIN</mechanism\n></mechanisms>"""
# A stanza with what proxies have stumbled over: the word itself, entities, CDATA, a comment's beginning, and length.
STANZA = (
    b"<message to='b@old.example.net' >" + STARTTLS + b"<body>&lt;starttls/&gt; &#x41;<![CDATA[</stream:stream>]]> "
    + "\u00e9\u20ac".encode() + b"x" * 40000 + b"</body></message>"
)  # fmt: skip


def content(protocol):
    return b"jabber:server" if protocol == "xmpp-server" else b"jabber:client"


def header(protocol, **attributes):
    """A stream header with these attributes, in their order."""
    named = b"".join(b" %s='%s'" % (name.encode(), value) for name, value in attributes.items())
    return b"<?xml version='1.0'?><stream:stream xmlns='" + content(protocol) + b"' xmlns:stream='" + STREAMS + b"'" + named + b">"


class Server:
    """A behaviour for Upstream: a server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    offer: STARTTLS among the features outside TLS, whether or not `tls` is there to keep the promise.
    on: the beginning of an element → bytes to say instead, or a function(channel) that returns True to go on.
    """

    def __init__(self, protocol="xmpp", tls=None, implicit=False, offer=None, on=None, banner=None):
        self.protocol, self.tls, self.implicit, self.on = protocol, tls, implicit, on or {}
        self.offer = tls is not None and not implicit if offer is None else offer
        self.header = banner or header(protocol, id=b"their-own", version=b"1.0").replace(b"'their-own'", b'"their-own"')
        self.stanzas = []

    def features(self, channel):
        offered = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>" if self.offers(channel) else b""
        return b"<stream:features>" + offered + MECHANISMS + b"</stream:features>"

    def offers(self, channel):
        return self.offer and channel.tls is None

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        while True:
            got = channel.until(b">").lstrip()
            action = next((action for begin, action in self.on.items() if got.startswith(begin)), None)
            if callable(action):
                if not action(channel):
                    return
            elif action is not None:
                channel.send(action)
            elif not self._usual(channel, got):
                return

    def _usual(self, channel, got):
        if got.startswith(b"<?xml"):
            return True
        if got.startswith(b"<stream:stream"):
            channel.send(self.header + self.features(channel))
        elif got.startswith(b"<starttls"):
            if not self.offers(channel) or self.tls is None:
                channel.send(THEIR_FAILURE + END)
                return self._leave(channel)
            channel.send(PROCEED)
            channel.start_tls(self.tls, server=True)
        elif got.startswith(b"<auth"):
            channel.until(b"</auth>")
            channel.send(SUCCESS)
        elif got.startswith(b"<message"):
            self.stanzas.append(got + channel.until(b"</message>"))
            channel.send(b"<message from='b@old.example.net' ><body>taken</body></message>")
        elif got.startswith(b"</stream:stream"):
            channel.send(END)
            return self._leave(channel)
        else:
            channel.send(b"<iq type='error' />")
        return True

    @staticmethod
    def _leave(channel):
        channel.half_close()
        channel.rest()
        return False


class Client(Channel):
    """A channel that speaks XMPP, one element at a time, and returns what came as bytes."""

    def __init__(self, port, protocol="xmpp", host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.protocol = protocol
        self.said = b""  # the header, as it was said last

    def arrive(self):
        """Nothing comes first: the client speaks."""
        self.greeting = b""

    def open(self, **attributes):
        """Opens a stream; returns the header and the features that answer it. A stream error: all up to the end."""
        self.said = header(self.protocol, **{"to": b"old.example.net", "version": b"1.0", **attributes})
        self.send(self.said)
        return self.header_and_features()

    def header_and_features(self):
        got = self.until(b">")
        if got.startswith(b"<?xml"):
            got += self.until(b">")
        try:
            first = self.until(b">")
            if first.startswith(b"<stream:error"):
                return got, first + self.rest()
            return got, first if first.endswith(b"/>") else first + self.until(b"</stream:features>")
        except Ended:
            return got, b""

    def ask(self, element, marker=b">"):
        """Says it, and returns what comes up to the marker."""
        self.send(element)
        return self.until(marker)

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.until(b">"))
            if not re.fullmatch(rb"<proceed [^>]*/>", got[0]):
                raise AssertionError(f"STARTTLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, session, prefix=STARTTLS, go_ahead=go_ahead)
        else:
            self.send(STARTTLS)
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def quit(self):
        """The end of the stream and of both directions; returns what came meanwhile."""
        self.send(END)
        answer = self.rest()
        try:
            self.half_close()
        except OSError:
            pass
        self.close()
        return answer


def dial(port, protocol):
    return Client(port, protocol)
