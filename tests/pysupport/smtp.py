"""SMTP and LMTP for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

from pysupport.channel import Channel, connect

BANNER = b"220 old.example.net ESMTP Exim 3.36 #1; the *very* old one\r\n"
# A body with what mail servers and proxies have stumbled over: dots, bare line ends, NUL, eight bits, a command.
BODY = (
    b"From: a@example.com\r\nTo: b@example.net\r\nSubject: every byte\r\n\r\n"
    + b"STARTTLS\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff"
    + bytes(range(256)).replace(b"\r\n.", b"").replace(b"\r", b"").replace(b"\n", b"")
    + b"\r\n250 OK\r\n" + b"x" * 3000 + b"\r\n"
)  # fmt: skip


class Server:
    """A behaviour for Upstream: SMTP or LMTP as a server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    on: verb → bytes to say instead, or a function(channel, line) that returns True where the session goes on.
    offer: STARTTLS in the capabilities outside TLS, whether or not `tls` is there to keep the promise.
    """

    def __init__(self, lmtp=False, tls=None, implicit=False, banner=BANNER, offer=None, on=None, capabilities=()):
        self.lmtp, self.tls, self.implicit, self.banner = lmtp, tls, implicit, banner
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.capabilities = tuple(capabilities) or (b"PIPELINING", b"SIZE 400000000", b"8BITMIME", b"ENHANCEDSTATUSCODES")
        self.messages = []  # what DATA brought, dots and all, without the final one

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.banner)
        recipients = 0
        while True:
            line = channel.line()
            verb = line.split()[0].upper() if line.split() else b""
            recipients = recipients + 1 if verb == b"RCPT" else 0 if verb in (b"MAIL", b"RSET") else recipients
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, line):
                    return
            elif action is not None:
                channel.send(action)
            elif not self._usual(channel, line, verb, recipients):
                return

    def _usual(self, channel, line, verb, recipients):
        """The answer of a server that works; False ends the session."""
        if verb in (b"EHLO", b"LHLO"):
            right = verb == (b"LHLO" if self.lmtp else b"EHLO")
            channel.send(self.hello(channel) if right else b"500 5.5.1 wrong hello\r\n")
        elif verb == b"STARTTLS":
            return self._starttls(channel)
        elif verb == b"DATA":
            channel.send(b"354 go on\r\n")
            self.messages.append(channel.until(b"\r\n.\r\n")[:-3])
            channel.send(b"250 2.0.0 taken\r\n" * (recipients if self.lmtp else 1))
        elif verb == b"QUIT":
            channel.send(b"221 2.0.0 old.example.net says bye\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb == b"AUTH":
            channel.send(b"235 2.7.0 welcome\r\n")
        elif verb in (b"MAIL", b"RCPT", b"RSET", b"NOOP", b"HELO"):
            channel.send(b"250 2.0.0 fine: " + line.strip() + b"\r\n")
        else:
            channel.send(b"500 5.5.1 old.example.net does not know " + verb + b"\r\n")
        return True

    def hello(self, channel):
        names = [b"old.example.net at your service", *self.capabilities]
        if self.offer and channel.tls is None:
            names.insert(2, b"STARTTLS")
        return b"".join(b"250-%s\r\n" % name for name in names[:-1]) + b"250 %s\r\n" % names[-1]

    def _starttls(self, channel):
        if self.tls is None or channel.tls is not None:
            channel.send(b"503 5.5.1 old.example.net: no STARTTLS here\r\n")
            return True
        channel.send(b"220 2.0.0 old.example.net is ready for TLS\r\n")
        channel.start_tls(self.tls, server=True)
        return True


class Client(Channel):
    """A channel that speaks SMTP or LMTP, one command at a time, and returns whole replies as bytes."""

    def __init__(self, port, lmtp=False, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.lmtp = lmtp

    def arrive(self):
        """What comes first, before we may speak."""
        self.greeting = self.reply()

    def reply(self, timeout=None):
        """A reply with all its lines."""
        whole = line = self.line(timeout)
        while line[3:4] == b"-":
            line = self.line(timeout)
            whole += line
        return whole

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def hello(self, name=b"client.example.org"):
        return self.command((b"LHLO " if self.lmtp else b"EHLO ") + name)

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.reply())
            if not got[0].startswith(b"220"):
                raise AssertionError(f"STARTTLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, session, prefix=b"STARTTLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"STARTTLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def mail(self, body=BODY, recipients=2):
        """A whole transaction; returns the replies, from MAIL to after the final dot."""
        replies = [self.command(b"MAIL FROM:<a@example.com>")]
        for number in range(recipients):
            replies.append(self.command(b"RCPT TO:<b%d@example.net>" % number))
        replies.append(self.command(b"DATA"))
        if replies[-1].startswith(b"354"):
            self.send(body + b".\r\n")
            replies += [self.reply() for _ in range(recipients if self.lmtp else 1)]
        return replies

    def quit(self):
        """QUIT, its answer, and the end of both directions; returns the answer."""
        answer = self.command(b"QUIT")
        tail = self.rest()
        if tail:
            raise AssertionError(f"after the goodbye came {tail!r}")
        self.half_close_quietly()
        return answer

    def half_close_quietly(self):
        try:
            self.half_close()
        except OSError:
            pass
        self.close()


def dial(port, protocol):
    return Client(port, lmtp=protocol == "lmtp")
