"""POP3 for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

import hashlib

from pysupport.channel import Channel, connect

STAMP = b"<1896.697170952@old.example.net>"
BANNER = b"+OK  old POP3 \tserver " + STAMP + b"  \r\n"
USER, PASSWORD = b"mrose", b"tanstaaf"
# A message as it crosses, dots doubled, with what proxies have stumbled over.
MESSAGE = (
    b"Subject: every byte\r\n\r\nSTLS\r\n+OK\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff\r\n" + b"x" * 30000 + b"\r\n.\r\n"
)


def digest(stamp, password):
    return hashlib.md5(stamp + password).hexdigest().encode()


class Server:
    """A behaviour for Upstream: POP3 as a server that works, but for what is asked otherwise.

    tls: a server context; then STLS is offered and done. implicit: TLS from the first byte.
    on: verb → bytes to say instead, or a function(channel, line) that returns True where the session goes on.
    offer: STLS in the capabilities outside TLS, whether or not `tls` is there to keep the promise; "always": inside too.
    """

    def __init__(self, tls=None, implicit=False, banner=BANNER, offer=None, on=None, capabilities=()):
        self.tls, self.implicit, self.banner = tls, implicit, banner
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.capabilities = tuple(capabilities) or (b"TOP", b"UIDL", b"SASL PLAIN", b"USER", b"UTF8", b"LANG")

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.banner)
        while True:
            line = channel.line()
            verb = line.split()[0].upper() if line.split() else b""
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, line):
                    return
            elif action is not None:
                channel.send(action)
            elif not self._usual(channel, line, verb):
                return

    def _usual(self, channel, line, verb):
        """The answer of a server that works; False ends the session."""
        if verb == b"CAPA":
            channel.send(self.capa(channel))
        elif verb == b"STLS":
            if self.tls is None or channel.tls is not None:
                channel.send(b"-ERR old.example.net: no STLS here\r\n")
            else:
                channel.send(b"+OK old.example.net is ready for TLS\r\n")
                channel.start_tls(self.tls, server=True)
        elif verb == b"APOP":
            right = line.split()[1:] == [USER, digest(STAMP, PASSWORD)]
            channel.send(b"+OK welcome\r\n" if right else b"-ERR [AUTH] no\r\n")
        elif verb == b"RETR":
            channel.send(b"+OK here it is\r\n" + MESSAGE)
        elif verb == b"LANG" and line.strip().upper() == b"LANG":
            channel.send(b"+OK\r\nen English\r\n.\r\n")
        elif verb == b"QUIT":
            channel.send(b"+OK old.example.net says bye\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb in (b"USER", b"PASS", b"AUTH", b"NOOP", b"UTF8", b"LANG", b"STAT"):
            channel.send(b"+OK fine: " + verb + b"\r\n")
        else:
            channel.send(b"-ERR old.example.net does not know " + verb + b"\r\n")
        return True

    def capa(self, channel):
        words = list(self.capabilities)
        if self.offer == "always" or (self.offer and channel.tls is None):
            words.insert(2, b"STLS")
        return b"+OK Capability list follows\r\n" + b"".join(word + b"\r\n" for word in words) + b".\r\n"


class Client(Channel):
    """A channel that speaks POP3, one command at a time, and returns whole replies as bytes."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        self.greeting = self.line()

    def command(self, line):
        """A reply of one line."""
        self.send(line + b"\r\n")
        return self.line()

    def listing(self, line):
        """A reply of many lines, where it is +OK."""
        whole = self.command(line)
        return whole + self.until(b"\r\n.\r\n") if whole.startswith(b"+OK") else whole

    def capabilities(self):
        """The lines of the answer to CAPA, without the first and the dot."""
        answer = self.listing(b"CAPA")
        assert answer.startswith(b"+OK") and answer.endswith(b"\r\n.\r\n"), answer
        return answer.split(b"\r\n")[1:-2]

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.line())
            assert got[0].startswith(b"+OK"), f"STLS was answered with {got[0]!r}"

        if coalesced:
            self.start_tls(context, hostname, session, prefix=b"STLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"STLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def apop(self):
        """A login by the greeting's stamp."""
        stamp = b"<" + self.greeting.partition(b"<")[2].partition(b">")[0] + b">"
        return self.command(b"APOP " + USER + b" " + digest(stamp, PASSWORD))

    def mail(self):
        return self.listing(b"RETR 1").partition(b"\r\n")[2]

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
