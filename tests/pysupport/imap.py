"""IMAP for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

import re

from pysupport.channel import Channel, connect

BANNER = b"* OK [CAPABILITY IMAP4rev1 ID] old.example.net Courier 0.9; the *very* old one\r\n"
# A message with what parsers have stumbled over: NUL, bare line ends, eight bits, what looks like commands and literals.
MESSAGE = (
    b"From: a@example.com\r\nSubject: every byte\r\n\r\n"
    + b"x STARTTLS\r\nA1 OK done\r\n{12}\r\n\"\r\nbare\rcr and\nlf\r\n"
    + bytes(range(256))
    + b"\r\n" + b"x" * 3000 + b"\r\n"
)  # fmt: skip
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class Server:
    """A behaviour for Upstream: IMAP as a server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    on: verb → bytes to say instead ($TAG stands for the tag), or a function(channel, tag, line) that returns True where
    the session goes on. offer: STARTTLS in the capabilities outside TLS, whether or not `tls` keeps the promise.
    """

    def __init__(self, tls=None, implicit=False, banner=None, offer=None, on=None, capabilities=()):
        self.tls, self.implicit = tls, implicit
        self.offer = tls is not None and not implicit if offer is None else offer
        self.banner = BANNER if banner is None else banner
        self.on = on or {}
        self.capabilities = tuple(capabilities) or (b"IMAP4rev1", b"ID", b"LITERAL+", b"AUTH=PLAIN")
        self.messages = []  # what APPEND brought
        self.logins = []

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.banner)
        while True:
            tag, line = self._command(channel)
            verb = line[0].split()[0].upper() if line[0].split() else b""
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, tag, line):
                    return
            elif action is not None:
                channel.send(action.replace(b"$TAG", tag))
            elif not self._usual(channel, tag, verb, line):
                return

    @staticmethod
    def _command(channel):
        """A command with its literals: its tag, and its lines and literals in turn."""
        parts = [channel.line()]
        while found := LITERAL.search(parts[-1]):
            if not found[2]:
                channel.send(b"+ old.example.net is all ears\r\n")
            parts += [channel.exactly(int(found[1])), channel.line()]
        tag, _, parts[0] = parts[0].partition(b" ")
        return tag.strip(), [parts[0], *parts[1:]]

    def _usual(self, channel, tag, verb, line):
        """The answer of a server that works; False ends the session."""
        answer = b"OK fine: " + verb
        if verb == b"CAPABILITY":
            channel.send(b"* CAPABILITY " + b" ".join(self.offered(channel)) + b"\r\n")
        elif verb == b"STARTTLS":
            return self._starttls(channel, tag)
        elif verb == b"LOGIN":
            self.logins.append(line)
            answer = b"OK [CAPABILITY " + b" ".join(self.offered(channel)) + b"] in"
        elif verb == b"APPEND":
            self.messages.append(line[1])
        elif verb == b"FETCH":
            channel.send(b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(self.messages[-1]), self.messages[-1]))
        elif verb == b"LOGOUT":
            channel.send(b"* BYE old.example.net says bye\r\n" + tag + b" OK out\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb == b"ID":
            channel.send(b'* ID ("name" "old")\r\n')
        elif verb != b"NOOP":
            answer = b"BAD old.example.net does not know " + verb
        channel.send(tag + b" " + answer + b"\r\n")
        return True

    def offered(self, channel):
        names = list(self.capabilities)
        if self.offer and channel.tls is None:
            names.insert(1, b"STARTTLS")
        return names

    def _starttls(self, channel, tag):
        if self.tls is None or channel.tls is not None:
            channel.send(tag + b" BAD old.example.net: no STARTTLS here\r\n")
            return True
        channel.send(tag + b" OK old.example.net is ready for TLS\r\n")
        channel.start_tls(self.tls, server=True)
        return True


class Client(Channel):
    """A channel that speaks IMAP, one command at a time. Tags are a1, a2 …, so that it is known what crosses."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.number = 0

    def arrive(self):
        """What comes first, before we may speak."""
        self.greeting = self.line()

    def tag(self):
        self.number += 1
        return b"a%d" % self.number

    def ask(self, text):
        """Sends a command; returns its tag."""
        tag = self.tag()
        self.send(tag + b" " + text + b"\r\n")
        return tag

    def answer(self, tag):
        """The untagged responses before the tagged one, as one, and that one without its tag."""
        untagged = b""
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return untagged, line[len(tag) + 1 :]
            untagged += line
            while found := LITERAL.search(line):
                line = self.exactly(int(found[1])) + self.line()
                untagged += line

    def command(self, text):
        return self.answer(self.ask(text))

    def append(self, message=MESSAGE):
        """APPEND with a literal that waits."""
        tag = self.ask(b"APPEND INBOX {%d}" % len(message))
        line = self.line()
        if not line.startswith(b"+"):
            raise AssertionError(f"APPEND was answered with {line!r}")
        self.send(message + b"\r\n")
        return self.answer(tag)

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS and the handshake; returns the go-ahead."""
        tag, got = self.tag(), []
        command = tag + b" STARTTLS\r\n"

        def go_ahead(channel):
            got.append(channel.line())
            if not got[0].startswith(tag + b" OK "):
                raise AssertionError(f"STARTTLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, session, prefix=command, go_ahead=go_ahead)
        else:
            self.send(command)
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def logout(self):
        """LOGOUT, its answer, and the end of both directions; returns the answer."""
        answer = self.command(b"LOGOUT")
        tail = self.rest()
        if tail:
            raise AssertionError(f"after the goodbye came {tail!r}")
        try:
            self.half_close()
        except OSError:
            pass
        self.close()
        return answer


def dial(port, _protocol="imap"):
    return Client(port)
