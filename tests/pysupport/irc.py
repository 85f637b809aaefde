"""IRC for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

from pysupport.channel import Channel, connect

NAME = b"irc.old.example.net"
# What a server says unasked when it is connected to, and inside TLS.
LOOKUP = b":" + NAME + b" NOTICE * :*** Looking up your hostname...\r\n"
FOUND = b":" + NAME + b" NOTICE * :***  Found your hostname \xe9 \r\n"
# What proxies have stumbled over, behind the welcome.
BULK = b":x PRIVMSG a :STARTTLS\r\n\n.\r\nbare\rcr and\nlf\x00\x80\xff\r\n" + b"670 x " * 5000 + b"\r\n:end\r\n"


class Server:
    """A behaviour for Upstream: IRC as a server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is done outside TLS. implicit: TLS from the first byte.
    on: verb → bytes to say instead, or a function(channel, line) that returns True where the session goes on.
    offer: `tls` in the capabilities outside TLS, whether or not `tls` is there to keep the promise; "always": inside too.
    multiline: CAP LS 302 is answered in several lines.
    """

    def __init__(self, tls=None, implicit=False, offer=None, on=None, notices=LOOKUP + FOUND, multiline=False):
        self.tls, self.implicit, self.notices, self.multiline = tls, implicit, notices, multiline
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.capabilities = [b"multi-prefix", b"sasl=PLAIN", b"away-notify"]

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.notices)
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
        word = (line.split() + [b"", b""])[1]
        if verb == b"CAP":
            self._cap(channel, line, word.upper())
        elif verb == b"STARTTLS":
            if channel.tls is not None:
                channel.send(b":" + NAME + b" 691 * :STARTTLS failure (already in TLS)\r\n")
            elif self.tls is None:
                channel.send(b":" + NAME + b" 421 * STARTTLS :Unknown command\r\n")
            else:
                channel.send(b":" + NAME + b" 670 * :STARTTLS successful, go ahead with TLS handshake\r\n")
                channel.start_tls(self.tls, server=True)
                channel.send(FOUND)
        elif verb == b"PING":
            channel.send(b":" + NAME + b" PONG " + NAME + b" :" + word + b"\r\n")
        elif verb == b"USER":
            channel.send(b":" + NAME + b" 001 a :Welcome\r\n:" + NAME + b" 376 a :End of MOTD\r\n")
        elif verb == b"BULK":
            channel.send(BULK)
        elif verb == b"QUIT":
            channel.send(b"ERROR :Closing link: (a@old.example.net) [Quit: bye]\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb not in (b"NICK", b"PASS", b"AUTHENTICATE", b"PONG"):
            channel.send(b":" + NAME + b" 421 * " + verb + b" :Unknown command\r\n")
        return True

    def _cap(self, channel, line, sub):
        head = b":" + NAME + b" CAP * "
        if sub == b"LS":
            words = list(self.capabilities)
            if self.offer == "always" or (self.offer and channel.tls is None):
                words.insert(1, b"tls")
            if self.multiline:
                for word in words[:-1]:
                    channel.send(head + b"LS * :" + word + b"\r\n")
                words = words[-1:]
            channel.send(head + b"LS :" + b" ".join(words) + b"\r\n")
        elif sub == b"LIST":
            channel.send(head + b"LIST :\r\n")
        elif sub == b"REQ":
            channel.send(head + b"ACK " + line.split(None, 2)[2].strip() + b"\r\n")


class Client(Channel):
    """A channel that speaks IRC. What servers say unasked is passed over where an answer is waited for."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)

    def arrive(self):
        """There is no greeting."""

    def answer(self):
        """The next line that is no NOTICE."""
        while b" NOTICE " in (line := self.line()):
            pass
        return line

    def command(self, line):
        self.send(line + b"\r\n")
        return self.answer()

    def until_number(self, number):
        while (line := self.line()).split()[1:2] != [number]:
            assert not line.startswith(b"ERROR"), line
        return line

    def capabilities(self):
        """Those of CAP LS 302, of as many lines as there are."""
        self.send(b"CAP LS 302\r\n")
        words = []
        while True:
            line = self.answer()
            head, _, text = line.strip().partition(b" LS ")
            assert head.split()[1] == b"CAP", line
            words += text.partition(b":")[2].split()
            if not text.startswith(b"*"):
                return words

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.answer())
            assert got[0].split()[1] == b"670", f"STARTTLS was answered with {got[0]!r}"

        if coalesced:
            self.start_tls(context, hostname, session, prefix=b"STARTTLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"STARTTLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        return got[0]

    def register(self, nick=b"a"):
        self.send(b"NICK " + nick + b"\r\nUSER " + nick + b" 0 * :Real Name\r\n")
        return self.until_number(b"001")

    def bulk(self):
        """All that stands in BULK, byte for byte."""
        self.send(b"BULK\r\n")
        self.until(b" :End of MOTD\r\n")
        return self.until(b"\r\n:end\r\n")

    def quit(self):
        """QUIT, its answer, and the end of both directions; returns the answer."""
        self.send(b"QUIT :bye\r\n")
        answer = self.answer()
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
