"""ACAP in both roles: a reference server, written from RFC 2244 and RFC 2595 section 5, and a test client.

No ACAP server is maintained, so this one takes its place. Its parser of tags, strings and literals is independent of the
proxy's.
"""

import base64

from pysupport.lines import LineClient
from pysupport.starttls import Command, StartTlsServer

ITEMS = (
    b'(IMPLEMENTATION "old.example.net acapd (STARTTLS)")',
    b'(SASL "PLAIN" "CRAM-MD5" "ANONYMOUS")',
    b'(CONTEXTLIMIT "100")',
)
OFFER = b"(STARTTLS)"
# A value with byte sequences that break proxies: commands, replies, literals, quotes, all kinds of line ends, NUL.
VALUE = b'b STARTTLS\r\n* BYE "x"\r\n+ {5}\r\n"\\\r\nbare\rcr and\nlf\x00\x80\xff' + bytes(range(256)) + b"padding\r\n" * 3000


class Reader:
    """Reads commands and responses as lists of words: bytes for atoms, str for parentheses, (bytes,) for strings."""

    def __init__(self, channel, on_literal=None):
        self.channel = channel
        self.on_literal = on_literal  # called for a synchronising literal, before it is read
        self.raw = b""  # the unit that was read last

    def unit(self, timeout=None):
        """The words of the next unit, including its literals."""
        found, self.raw = [], b""
        while True:
            line = self.channel.line(timeout)
            self.raw += line
            if not line.endswith(b"\r\n"):
                raise AssertionError(f"a line that does not end in CRLF: {line!r}")
            literal = self._scan(line[:-2], found)
            if literal is None:
                return found
            size, synchronising = literal
            if synchronising and self.on_literal is not None:
                self.on_literal()
            content = self.channel.exactly(size, timeout)
            self.raw += content
            found.append((content,))

    @staticmethod
    def _scan(line, found):
        """Appends the words of a line to `found`. If a literal follows, returns (size, whether it is synchronising)."""
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
                ends = (line.find(b" ", at), line.find(b"(", at), line.find(b")", at), len(line))
                end = min(position for position in ends if position >= 0)
                found.append(line[at:end])
                at = end
        return None


class Server(StartTlsServer):
    """capabilities: the items of the greeting. STORE fills `entries`: (entry, attribute) → value."""

    CAPABILITIES = ITEMS

    def __init__(self, **options):
        super().__init__(**options)
        self.entries = {}
        self.authenticated = False
        self.reader = None

    def session(self, channel):
        session = super().session(channel)
        session.reader = Reader(channel, on_literal=lambda: channel.send(b'+ "old.example.net is listening"\r\n'))
        return session

    def greeting(self):
        return self.banner or self.capability_greeting()

    def capability_greeting(self):
        items = [*self.capabilities]
        if self.offers_starttls():
            items.insert(1, OFFER)
        return b"* ACAP " + b" ".join(items) + b"\r\n"

    def read_command(self):
        words = self.reader.unit()
        tag, verb, *arguments = words + [b""] * (2 - len(words))
        return Command(self.reader.raw, verb.upper() if isinstance(verb, bytes) else b"", arguments, tag)

    def do_authenticate(self, command):
        mechanism = command.arguments[0][0].upper()
        if mechanism == b"CRAM-MD5" or (mechanism == b"PLAIN" and len(command.arguments) == 1):
            self.send(b'+ "PDE4OTYuNjk3MTcwOTUyQG9sZD4="\r\n' if mechanism == b"CRAM-MD5" else b'+ ""\r\n')
            if self.reader.unit() == [b"*"]:
                return command.tag + b' NO "cancelled"\r\n'
        self.authenticated = True
        return command.tag + b' OK "welcome"\r\n'

    def do_noop(self, command):
        return command.tag + b' OK "fine"\r\n'

    def do_lang(self, command):
        return b'%s LANG "i-default"\r\n%s OK "as you like"\r\n' % (command.tag, command.tag)

    def do_starttls(self, command):
        refusal = self.accept_starttls(
            command.tag + b' OK "go"\r\n', command.tag + b' BAD "old.example.net: no STARTTLS here"\r\n'
        )
        return refusal or self.capability_greeting()  # RFC 2595 section 5: the greeting is sent again

    def do_logout(self, command):
        return self.leave(b'* BYE "old.example.net says bye"\r\n' + command.tag + b' OK "done"\r\n')

    def do_store(self, command):
        """STORE ("/dataset/entry" "attribute" "value"), RFC 2244 section 6.6.1."""
        if not self.authenticated:
            return self.do_unknown(command)
        _, entry, attribute, value, _ = command.arguments
        self.entries[entry[0], attribute[0]] = value[0]
        return command.tag + b' OK "stored"\r\n'

    def do_search(self, command):
        """SEARCH "/dataset/" RETURN ("attribute") ALL, RFC 2244 section 6.4.1."""
        if not self.authenticated:
            return self.do_unknown(command)
        dataset = command.arguments[0][0]
        for (entry, attribute), value in self.entries.items():
            if entry.startswith(dataset) and (attribute,) in command.arguments:
                self.send(b'%s ENTRY "%s" {%d}\r\n%s\r\n' % (command.tag, entry[len(dataset) :], len(value), value))
        return b'%s MODTIME "19970728105252"\r\n%s OK "found"\r\n' % (command.tag, command.tag)

    def do_unknown(self, command):
        if not self.authenticated:
            return command.tag + b' NO "log in first, old.example.net says"\r\n'
        return command.tag + b' BAD "old.example.net does not know that"\r\n'


class Client(LineClient):
    """Every command has the tag a1. A reply is all responses up to the tagged one, as they came."""

    TAG = b"a1"
    GO_AHEAD = TAG + b" OK"
    QUIT = b"LOGOUT"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.reader = Reader(self)

    def arrive(self):
        self.unit()
        self.greeting = self.reader.raw

    upgraded = arrive

    def unit(self, timeout=None):
        return self.reader.unit(timeout)

    def reply(self, timeout=None):
        """Responses up to a tagged OK, NO or BAD, or up to a `+`."""
        whole = b""
        while True:
            words = self.unit(timeout)
            whole += self.reader.raw
            if words[0] == b"+" or (words[0] not in (b"*", b"+") and words[1] in (b"OK", b"NO", b"BAD")):
                return whole

    def command(self, line, tag=TAG):
        self.send(tag + b" " + line + b"\r\n")
        return self.reply()

    def starttls_request(self):
        return self.TAG + b" STARTTLS\r\n"

    def login(self, mechanism=b"PLAIN"):
        if mechanism == b"ANONYMOUS":
            return self.command(b'AUTHENTICATE "ANONYMOUS" ""')
        text = base64.b64encode(b"\0user\0secret")
        return self.command(b'AUTHENTICATE "PLAIN" {%d+}\r\n%s' % (len(text), text))

    def store(self, entry, attribute, value):
        """Stores the value as a synchronising literal: it waits for the server's `+`."""
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
