"""ACAP for both ends of a test: a reference server, written from RFC 2244 and RFC 2595 5, that can misbehave, and a client.

No ACAP server lives that could be installed, so this one stands in for them. It parses on its own: what it knows of
tags, strings and literals, it does not share with the proxy.
"""

import base64

from pysupport.channel import Channel, connect

ITEMS = (
    b'(IMPLEMENTATION "old.example.net acapd (STARTTLS)")',
    b'(SASL "PLAIN" "CRAM-MD5" "ANONYMOUS")',
    b'(CONTEXTLIMIT "100")',
)
OFFER = b"(STARTTLS)"
# A value with what proxies have stumbled over: commands, answers, counts, quotes, line ends of every kind, NUL.
VALUE = b'b STARTTLS\r\n* BYE "x"\r\n+ {5}\r\n"\\\r\nbare\rcr and\nlf\x00\x80\xff' + bytes(range(256)) + b"padding\r\n" * 3000


class Reader:
    """Reads units off a channel word by word: bytes for atoms, str for parentheses, (bytes,) for strings."""

    def __init__(self, channel, on_count=None):
        self.channel, self.on_count = channel, on_count  # on_count(): a literal waits for leave to be sent
        self.raw = b""  # of the unit read last

    def unit(self, timeout=None):
        """The words of the next unit with all its literals."""
        found, self.raw = [], b""
        while True:
            line = self.channel.line(timeout)
            self.raw += line
            if not line.endswith(b"\r\n"):
                raise AssertionError(f"a line that does not end in CRLF: {line!r}")
            count = self._scan(line[:-2], found)
            if count is None:
                return found
            size, waits = count
            if waits and self.on_count is not None:
                self.on_count()
            literal = self.channel.exactly(size, timeout)
            self.raw += literal
            found.append((literal,))

    @staticmethod
    def _scan(line, found):
        """Adds the words of a piece without literals; (size, whether it waits) where a literal follows."""
        at = 0
        while at < len(line):
            char = line[at : at + 1]
            if char == b" ":
                at += 1
            elif char in (b"(", b")"):
                found.append(char.decode())
                at += 1
            elif char == b'"':
                value, at = bytearray(), at + 1
                while line[at : at + 1] != b'"':
                    at += line[at : at + 1] == b"\\"
                    value += line[at : at + 1]
                    at += 1
                found.append((bytes(value),))
                at += 1
            elif char == b"{":
                inner = line[at + 1 :]
                if not inner.endswith(b"}"):
                    raise AssertionError(f"a brace that begins no literal: {line!r}")
                return int(inner[:-1].rstrip(b"+")), not inner.endswith(b"+}")
            else:
                end = min(position for position in (line.find(b" ", at), line.find(b"(", at), line.find(b")", at), len(line))
                          if position >= 0)  # fmt: skip
                found.append(line[at:end])
                at = end
        return None


class Server:
    """A behaviour for Upstream: an ACAP server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    banner: bytes to say instead of the greeting. offer: STARTTLS in the greeting outside TLS, whether or not `tls` is
    there to keep the promise. on: verb → bytes to say instead (`%t` is the tag), or a function(channel, tag, words)
    that returns True where the session goes on.
    """

    def __init__(self, tls=None, implicit=False, banner=None, offer=None, on=None, items=ITEMS):
        self.tls, self.implicit, self.banner = tls, implicit, banner
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.items = tuple(items)
        self.entries = {}

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.greeting(channel) if self.banner is None else self.banner)
        reader = Reader(channel, on_count=lambda: channel.send(b'+ "old.example.net is listening"\r\n'))
        authenticated = False
        while True:
            tag, verb, *arguments = self._padded(reader.unit())
            verb = verb.upper() if isinstance(verb, bytes) else b""
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, tag, arguments):
                    return
            elif action is not None:
                channel.send(action.replace(b"%t", tag))
            elif verb == b"AUTHENTICATE":
                authenticated = self._authenticate(channel, reader, tag, arguments)
            elif not self._usual(channel, tag, verb, arguments, authenticated):
                return

    def greeting(self, channel):
        items = [*self.items]
        if self.offer and channel.tls is None:
            items.insert(1, OFFER)
        return b"* ACAP " + b" ".join(items) + b"\r\n"

    @staticmethod
    def _padded(words):
        return words + [b""] * (2 - len(words))

    def _authenticate(self, channel, reader, tag, arguments):
        mechanism = arguments[0][0].upper()
        if mechanism == b"CRAM-MD5" or (mechanism == b"PLAIN" and len(arguments) == 1):
            channel.send(b'+ "PDE4OTYuNjk3MTcwOTUyQG9sZD4="\r\n' if mechanism == b"CRAM-MD5" else b'+ ""\r\n')
            response = reader.unit()
            if response == [b"*"]:
                channel.send(tag + b' NO "cancelled"\r\n')
                return False
        channel.send(tag + b' OK "welcome"\r\n')
        return True

    def _usual(self, channel, tag, verb, arguments, authenticated):
        """The answer of a server that works; False ends the session."""
        if verb == b"NOOP":
            channel.send(tag + b' OK "fine"\r\n')
        elif verb == b"LANG":
            channel.send(b'%s LANG "i-default"\r\n%s OK "as you like"\r\n' % (tag, tag))
        elif verb == b"STARTTLS":
            return self._starttls(channel, tag)
        elif verb == b"LOGOUT":
            channel.send(b'* BYE "old.example.net says bye"\r\n' + tag + b' OK "done"\r\n')
            channel.half_close()
            channel.rest()
            return False
        elif not authenticated:
            channel.send(tag + b' NO "log in first, old.example.net says"\r\n')
        elif verb == b"STORE":
            # STORE ("/dataset/entry" "attribute" "value"), RFC 2244 6.6.1
            _, entry, attribute, value, _ = arguments
            self.entries[entry[0], attribute[0]] = value[0]
            channel.send(tag + b' OK "stored"\r\n')
        elif verb == b"SEARCH":
            # SEARCH "/dataset/" RETURN ("attribute") ALL, RFC 2244 6.4.1
            for (entry, attribute), value in self.entries.items():
                if entry.startswith(arguments[0][0]) and (attribute,) in arguments:
                    name = entry[len(arguments[0][0]) :]
                    channel.send(b'%s ENTRY "%s" {%d}\r\n%s\r\n' % (tag, name, len(value), value))
            channel.send(b'%s MODTIME "19970728105252"\r\n%s OK "found"\r\n' % (tag, tag))
        else:
            channel.send(tag + b' BAD "old.example.net does not know that"\r\n')
        return True

    def _starttls(self, channel, tag):
        if self.tls is None or channel.tls is not None:
            channel.send(tag + b' BAD "old.example.net: no STARTTLS here"\r\n')
            return True
        channel.send(tag + b' OK "go"\r\n')
        channel.start_tls(self.tls, server=True)
        channel.send(self.greeting(channel))
        return True


class Client(Channel):
    """A channel that speaks ACAP, one command at a time, and returns all that came up to its tagged answer."""

    TAG = b"a1"

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.greeting = b""
        self.reader = Reader(self)

    def arrive(self):
        """What comes first, before we may speak."""
        self.unit()
        self.greeting = self.reader.raw

    def unit(self, timeout=None):
        return self.reader.unit(timeout)

    def reply(self):
        """Units up to a tagged OK, NO or BAD, or a `+`, as they came."""
        whole = b""
        while True:
            words = self.unit()
            whole += self.reader.raw
            if words[0] == b"+" or (words[0] not in (b"*", b"+") and words[1] in (b"OK", b"NO", b"BAD")):
                return whole

    def command(self, line, tag=None):
        self.send((self.TAG if tag is None else tag) + b" " + line + b"\r\n")
        return self.reply()

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS, the handshake and the greeting inside it, which is in `greeting` then; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.reply())
            if not got[0].startswith(self.TAG + b" OK"):
                raise AssertionError(f"STARTTLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, session, prefix=self.TAG + b" STARTTLS\r\n", go_ahead=go_ahead)
        else:
            self.send(self.TAG + b" STARTTLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        self.arrive()
        return got[0]

    def login(self, mechanism=b"PLAIN"):
        if mechanism == b"ANONYMOUS":
            return self.command(b'AUTHENTICATE "ANONYMOUS" ""')
        text = base64.b64encode(b"\0user\0secret")
        return self.command(b'AUTHENTICATE "PLAIN" {%d+}\r\n%s' % (len(text), text))

    def store(self, entry, attribute, value):
        """With a literal that waits for the server's `+`."""
        answer = self.command(b'STORE ("%s" "%s" {%d}' % (entry, attribute, len(value)))
        if not answer.startswith(b"+ "):
            return answer
        self.send(value + b")\r\n")
        return self.reply()

    def search(self, dataset, attribute):
        """Entry → value."""
        self.send(self.TAG + b' SEARCH "%s" RETURN ("%s") ALL\r\n' % (dataset, attribute))
        found = {}
        while True:
            words = self.unit()
            if words[1] in (b"OK", b"NO", b"BAD"):
                return found
            if words[1] == b"ENTRY":
                found[words[2][0]] = words[3][0]

    def quit(self):
        """LOGOUT, its answers, and the end of both directions; returns the answers."""
        answer = self.command(b"LOGOUT")
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


def dial(port, protocol):  # pylint: disable=unused-argument
    return Client(port)
