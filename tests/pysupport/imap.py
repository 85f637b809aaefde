"""IMAP in both roles: a fake server and a test client."""

import re

from pysupport.lines import LineClient, LineServer
from pysupport.starttls import Command

BANNER = b"* OK [CAPABILITY IMAP4rev1 ID] old.example.net Courier 0.9; the *very* old one\r\n"
# A message with byte sequences that break parsers: NUL, bare line ends, 8-bit bytes, text that looks like IMAP.
MESSAGE = (
    b"From: a@example.com\r\nSubject: every byte\r\n\r\n"
    + b"x STARTTLS\r\nA1 OK done\r\n{12}\r\n\"\r\nbare\rcr and\nlf\r\n"
    + bytes(range(256))
    + b"\r\n" + b"x" * 3000 + b"\r\n"
)  # fmt: skip
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class Server(LineServer):
    """A command's arguments are its literals. The messages that APPEND brought are in `messages`."""

    BANNER = BANNER
    CAPABILITIES = (b"IMAP4rev1", b"ID", b"LITERAL+", b"AUTH=PLAIN")

    def __init__(self, **options):
        super().__init__(**options)
        self.messages = []

    def read_command(self):
        parts, literals = [self.channel.line()], []
        while found := LITERAL.search(parts[-1]):
            if not found[2]:
                self.send(b"+ old.example.net is all ears\r\n")
            literals.append(self.channel.exactly(int(found[1])))
            parts += [literals[-1], self.channel.line()]
        tag, _, rest = parts[0].partition(b" ")
        verb = rest.split()[0].upper() if rest.split() else b""
        return Command(b"".join(parts), verb, literals, tag.strip())

    @staticmethod
    def tagged(command, text, untagged=b""):
        """Untagged responses, and the command's tag with this text."""
        return untagged + command.tag + b" " + text + b"\r\n"

    def offered(self):
        names = list(self.capabilities)
        if self.offers_starttls():
            names.insert(1, b"STARTTLS")
        return b" ".join(names)

    def do_capability(self, command):
        return self.tagged(command, b"OK fine: CAPABILITY", b"* CAPABILITY " + self.offered() + b"\r\n")

    def do_starttls(self, command):
        return self.accept_starttls(
            self.tagged(command, b"OK old.example.net is ready for TLS"),
            self.tagged(command, b"BAD old.example.net: no STARTTLS here"),
        )

    def do_login(self, command):
        return self.tagged(command, b"OK [CAPABILITY " + self.offered() + b"] in")

    def do_append(self, command):
        self.messages.append(command.arguments[0])
        return self.do_noop(command)

    def do_fetch(self, command):
        message = self.messages[-1]
        return self.tagged(command, b"OK fine: FETCH", b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(message), message))

    def do_id(self, command):
        return self.tagged(command, b"OK fine: ID", b'* ID ("name" "old")\r\n')

    def do_noop(self, command):
        return self.tagged(command, b"OK fine: " + command.verb)

    def do_logout(self, command):
        return self.leave(self.tagged(command, b"OK out", b"* BYE old.example.net says bye\r\n"))

    def do_unknown(self, command):
        return self.tagged(command, b"BAD old.example.net does not know " + command.verb)


class Client(LineClient):
    """Tags are a1, a2, …, so a test knows which bytes reach the upstream."""

    QUIT = b"LOGOUT"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.number = 0

    def ask(self, text):
        """Sends a command; returns its tag."""
        self.number += 1
        tag = b"a%d" % self.number
        self.send(tag + b" " + text + b"\r\n")
        return tag

    def answer(self, tag):
        """The untagged responses up to the tagged one, in one piece, and the tagged one without its tag."""
        untagged = b""
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return untagged, line[len(tag) + 1 :]
            untagged += line
            while found := LITERAL.search(line):
                line = self.exactly(int(found[1])) + self.line()
                untagged += line

    def command(self, line):
        """Untagged responses and the tagged one, as answer() returns them."""
        return self.answer(self.ask(line))

    def append(self, message=MESSAGE):
        """APPEND with a synchronising literal: it waits for the server's `+`."""
        tag = self.ask(b"APPEND INBOX {%d}" % len(message))
        line = self.line()
        if not line.startswith(b"+"):
            raise AssertionError(f"APPEND was answered with {line!r}")
        self.send(message + b"\r\n")
        return self.answer(tag)

    def starttls_request(self):
        self.number += 1
        return b"a%d STARTTLS\r\n" % self.number

    def read_go_ahead(self):
        answer = self.line()
        if not answer.startswith(b"a%d OK " % self.number):
            raise AssertionError(f"STARTTLS was answered with {answer!r}")
        return answer

    def capabilities(self):
        """The words of the untagged response to CAPABILITY."""
        return self.command(b"CAPABILITY")[0].split()[2:]
