"""NNTP for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

from pysupport.channel import Channel, connect

BANNER = b"201 old.example.net  InterNetNews \tno posting \r\n"
# An article as it crosses, dots doubled, with what proxies have stumbled over.
ARTICLE = (
    b"Subject: every byte\r\n\r\nSTARTTLS\r\n382 go\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff\r\n"
    + b"x" * 30000 + b"\r\n.\r\n"
)  # fmt: skip


class Server:
    """A behaviour for Upstream: NNTP as a server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    on: verb → bytes to say instead, or a function(channel, line) that returns True where the session goes on.
    offer: STARTTLS in the capabilities outside TLS, whether or not `tls` is there to keep the promise; "always": inside
    TLS too.
    """

    def __init__(self, tls=None, implicit=False, banner=BANNER, offer=None, on=None, capabilities=()):
        self.tls, self.implicit, self.banner = tls, implicit, banner
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.capabilities = tuple(capabilities) or (b"READER", b"LIST ACTIVE NEWSGROUPS", b"POST")
        self.posted = []

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.banner)
        reader = False
        while True:
            line = channel.line()
            verb = line.split()[0].upper() if line.split() else b""
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, line):
                    return
            elif action is not None:
                channel.send(action)
            elif verb == b"MODE":
                reader = True
                channel.send(b"200 old.example.net lets you post\r\n")
            elif verb == b"ARTICLE":
                channel.send(b"220 1 <a@b>\r\n" + ARTICLE if reader else b"401 MODE-READER\r\n")
            elif not self._usual(channel, verb):
                return

    def _usual(self, channel, verb):
        """The answer of a server that works; False ends the session."""
        if verb == b"CAPABILITIES":
            channel.send(self.listing(channel))
        elif verb == b"STARTTLS":
            if self.tls is None or channel.tls is not None:
                channel.send(b"502 old.example.net: no STARTTLS here\r\n")
            else:
                channel.send(b"382 old.example.net is ready for TLS\r\n")
                channel.start_tls(self.tls, server=True)
        elif verb == b"POST":
            channel.send(b"340 go on\r\n")
            self.posted.append(channel.until(b"\r\n.\r\n"))
            channel.send(b"240 taken\r\n")
        elif verb == b"QUIT":
            channel.send(b"205 old.example.net says bye\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb in (b"GROUP", b"DATE", b"AUTHINFO"):
            channel.send({b"GROUP": b"211 1 1 1 a", b"DATE": b"111 20260101000000", b"AUTHINFO": b"281 in"}[verb] + b"\r\n")
        else:
            channel.send(b"500 old.example.net does not know " + verb + b"\r\n")
        return True

    def listing(self, channel):
        words = [b"VERSION 2", *self.capabilities]
        if self.offer == "always" or (self.offer and channel.tls is None):
            words.insert(2, b"STARTTLS")
        return b"101 Capability list:\r\n" + b"".join(word + b"\r\n" for word in words) + b".\r\n"


class Client(Channel):
    """A channel that speaks NNTP, one command at a time, and returns whole replies as bytes."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        self.greeting = self.line()

    def command(self, line):
        """A reply of one line."""
        self.send(line + b"\r\n")
        return self.line()

    def capabilities(self):
        """The lines of the answer to CAPABILITIES, without the first and the dot."""
        assert self.command(b"CAPABILITIES").startswith(b"101 ")
        return self.until(b"\r\n.\r\n").split(b"\r\n")[:-2]

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.line())
            assert got[0].startswith(b"382 "), f"STARTTLS was answered with {got[0]!r}"

        if coalesced:
            self.start_tls(context, hostname, session, prefix=b"STARTTLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"STARTTLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def article(self):
        answer = self.command(b"ARTICLE 1")
        assert answer.startswith(b"220 "), answer
        return self.until(b"\r\n.\r\n")

    def post(self, article=ARTICLE):
        assert self.command(b"POST").startswith(b"340 ")
        self.send(article)
        return self.line()

    def quit(self):
        """QUIT, its answer, and the end of both directions; returns the answer."""
        answer = self.command(b"QUIT")
        tail = self.rest()
        assert not tail, f"after the goodbye came {tail!r}"
        try:
            self.half_close()
        except OSError:
            pass
        self.close()
        return answer


def dial(port, _protocol):
    return Client(port)
