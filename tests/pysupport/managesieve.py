"""ManageSieve in both roles, written from RFC 5804: a fake server and a test client."""

import base64
import re

from pysupport.lines import LineClient
from pysupport.starttls import Command, StartTlsServer

CAPABILITIES = (
    b'"IMPLEMENTATION" "old.example.net sieved; the *very* old one {7}"',
    b'"SASL" "PLAIN LOGIN"',
    b'"SIEVE" "fileinto vacation reject"',
    b'"VERSION" "1.0"',
)
OFFER = b'"STARTTLS"'
READY = b'OK "old.example.net is at your service"\r\n'
# A script with byte sequences that break proxies: commands, replies, literals, quotes, all kinds of line ends, NUL.
SCRIPT = (
    b'require ["fileinto"];\r\nSTARTTLS\r\nOK "done"\r\n{5+}\r\n"\\\r\nNOOP\nbare\rcr\x00\x80\xff'
    + bytes(range(256))
    + b"# padding\r\n" * 3000
)
LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


def words(line):
    """The words of a line: atoms in upper case, strings as ("string", value), parentheses as they are."""
    found, at = [], 0
    while at < len(line):
        quoted = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(line, at)
        literal = re.compile(rb"\{(\d+)\+?\}\r\n").match(line, at)
        atom = re.compile(rb'[^\s"(){}]+').match(line, at)
        if quoted:
            found.append(("string", re.sub(rb"\\(.)", rb"\1", quoted[1])))
            at = quoted.end()
        elif literal:
            at = literal.end() + int(literal[1])
            found.append(("string", line[literal.end() : at]))
        elif atom:
            found.append(atom[0].upper())
            at = atom.end()
        else:
            if line[at : at + 1] in (b"(", b")"):
                found.append(line[at : at + 1])
            at += 1
    return found


def whole_line(channel, timeout=None):
    """A line with all its literals."""
    line = channel.line(timeout)
    while literal := LITERAL.search(line):
        line += channel.exactly(int(literal[1]), timeout) + channel.line(timeout)
    return line


class Server(StartTlsServer):
    """PUTSCRIPT fills `scripts`: name → content."""

    CAPABILITIES = CAPABILITIES

    def __init__(self, **options):
        super().__init__(**options)
        self.scripts = {}
        self.authenticated = False

    def greeting(self):
        return self.banner or self.capability_greeting()

    def read_command(self):
        line = whole_line(self.channel)
        verb, *arguments = words(line) or [b""]
        return Command(line, verb if isinstance(verb, bytes) else b"", arguments)

    def do_capability(self, _):
        return self.capability_greeting()

    def capability_greeting(self):
        lines = [*self.capabilities]
        if self.offers_starttls():
            lines.insert(2, OFFER)
        return b"".join(line + b"\r\n" for line in lines) + READY

    def do_authenticate(self, command):
        if command.arguments[0] == ("string", b"LOGIN"):
            for challenge in (b'"VXNlcm5hbWU6"\r\n', b"{12}\r\nUGFzc3dvcmQ6\r\n"):
                self.send(challenge)
                if words(whole_line(self.channel)) == [("string", b"*")]:
                    return b'NO "cancelled"\r\n'
        self.authenticated = True
        return b'OK "welcome"\r\n'

    def do_starttls(self, _):
        refusal = self.accept_starttls(b'OK "go"\r\n', b'NO "old.example.net: no STARTTLS here"\r\n')
        return refusal or self.capability_greeting()  # RFC 5804 section 2.2: capabilities are sent again

    def do_noop(self, command):
        if not command.arguments:
            return b'OK "fine"\r\n'
        tag = command.arguments[0][1]
        return b'OK (TAG {%d}\r\n%s) "fine"\r\n' % (len(tag), tag)

    def do_logout(self, _):
        return self.leave(b'OK "old.example.net says bye"\r\n')

    def do_putscript(self, command):
        if not self.authenticated:
            return self.do_unknown(command)
        self.scripts[command.arguments[0][1]] = command.arguments[1][1]
        return b'OK "stored"\r\n'

    def do_getscript(self, command):
        if not self.authenticated:
            return self.do_unknown(command)
        script = self.scripts[command.arguments[0][1]]
        return b"{%d}\r\n%s\r\nOK\r\n" % (len(script), script)

    def do_unknown(self, _):
        reason = b"old.example.net does not know that" if self.authenticated else b"log in first, old.example.net says"
        return b'NO "' + reason + b'"\r\n'


class Client(LineClient):
    GO_AHEAD = b"OK"
    QUIT = b"LOGOUT"

    def upgraded(self):
        self.arrive()

    def reply(self, timeout=None):
        """A response with all its lines, up to OK, NO or BYE."""
        whole = b""
        while True:
            line = whole_line(self, timeout)
            whole += line
            if (words(line) or [b""])[0] in (b"OK", b"NO", b"BYE"):
                return whole

    def login(self, user=b"user", password=b"secret"):
        text = base64.b64encode(b"\0" + user + b"\0" + password)
        return self.command(b'AUTHENTICATE "PLAIN" {%d+}\r\n%s' % (len(text), text))

    def put(self, name, script):
        return self.command(b'PUTSCRIPT "%s" {%d+}\r\n%s' % (name, len(script), script))

    def get(self, name):
        """The script; None if there is none."""
        answer = self.command(b'GETSCRIPT "%s"' % name)
        found = words(answer[: answer.index(b"\r\n") + 2])[0] if answer[:1] == b'"' else None
        if answer[:1] == b"{":
            head = answer.index(b"\r\n") + 2
            found = ("string", answer[head : head + int(LITERAL.search(answer[:head])[1])])
        return found and found[1]
