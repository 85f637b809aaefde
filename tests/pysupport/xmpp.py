"""XMPP in both roles, client to server and server to server: a fake server and a test client."""

import re

from pysupport.channel import Ended
from pysupport.starttls import Command, StartTlsClient, StartTlsServer

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
# The fake's features, spelled so that a parser that writes XML anew would change them.
MECHANISMS = b"""<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl" ><mechanism>PLAIN</mechanism\n></mechanisms>"""
# A stanza with content that breaks proxies: STARTTLS itself, entities, CDATA, non-ASCII letters, 40,000 bytes.
STANZA = (
    b"<message to='b@old.example.net' >" + STARTTLS + b"<body>&lt;starttls/&gt; &#x41;<![CDATA[</stream:stream>]]> "
    + "\u00e9\u20ac".encode() + b"x" * 40000 + b"</body></message>"
)  # fmt: skip


def content(protocol):
    return b"jabber:server" if protocol == "xmpp-server" else b"jabber:client"


def header(protocol, **attributes):
    """A stream header with these attributes, in this order."""
    named = b"".join(b" %s='%s'" % (name.encode(), value) for name, value in attributes.items())
    return b"<?xml version='1.0'?><stream:stream xmlns='" + content(protocol) + b"' xmlns:stream='" + STREAMS + b"'" + named + b">"


class Server(StartTlsServer):
    """protocol: xmpp (default) or xmpp-server. `on` is keyed by the beginning of an element. Messages are in `stanzas`."""

    STARTTLS = b"<starttls"
    VERBS = {b"?xml": b"DECLARATION", b"stream:stream": b"OPEN", b"/stream:stream": b"CLOSE"}

    def __init__(self, **options):
        super().__init__(**{"protocol": "xmpp", **options})
        # The id has double quotes: a parser that writes XML anew would change them.
        theirs = header(self.protocol, id=b"their-own", version=b"1.0").replace(b"'their-own'", b'"their-own"')
        self.header = self.banner or theirs
        self.stanzas = []

    def greeting(self):
        """Nothing: the client speaks first."""
        return b""

    def features(self):
        offer = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>" if self.offers_starttls() else b""
        return b"<stream:features>" + offer + MECHANISMS + b"</stream:features>"

    def read_command(self):
        """The next tag. Its verb is the key in `on` that it begins with, or else the name of the element."""
        tag = self.channel.until(b">").lstrip()
        given = next((begin for begin in self.on if tag.startswith(begin)), None)
        name = re.match(rb"<?([^\s>]*)", tag)[1].rstrip(b"/")
        return Command(tag, given or self.VERBS.get(name, name.upper()))

    def do_declaration(self, _):
        """An XML declaration has no answer."""

    def do_open(self, _):
        return self.header + self.features()

    def do_starttls(self, _):
        if not self.offers_starttls():
            return self.leave(THEIR_FAILURE + END)
        refusal = self.accept_starttls(PROCEED, THEIR_FAILURE + END)
        return refusal and self.leave(refusal)

    def do_auth(self, _):
        self.channel.until(b"</auth>")
        return SUCCESS

    def do_message(self, command):
        self.stanzas.append(command.raw + self.channel.until(b"</message>"))
        return b"<message from='b@old.example.net' ><body>taken</body></message>"

    def do_close(self, _):
        return self.leave(END)

    def do_unknown(self, _):
        return b"<iq type='error' />"


class Client(StartTlsClient):
    """protocol: xmpp or xmpp-server. The client speaks first."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **{"protocol": "xmpp", **options})
        self.said = b""  # the stream header that was sent last

    def open(self, **attributes):
        """Opens a stream. Returns the server's header and features; after a stream error, everything up to the end."""
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
        """Sends an element; returns the answer up to the marker."""
        self.send(element)
        return self.until(marker)

    def starttls_request(self):
        return STARTTLS

    def reply(self):
        """Everything up to the end of the next tag."""
        return self.until(b">")

    def read_go_ahead(self):
        answer = self.reply()
        if not re.fullmatch(rb"<proceed [^>]*/>", answer):
            raise AssertionError(f"STARTTLS was answered with {answer!r}")
        return answer

    def quit(self):
        """Closes the stream and both directions; returns what came meanwhile."""
        self.send(END)
        answer = self.rest()
        self.close_both()
        return answer
