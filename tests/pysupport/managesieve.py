"""ManageSieve for both ends of a test, written from RFC 5804: a fake server that can misbehave, and a raw client."""

import base64
import re

from pysupport.channel import Channel, connect

CAPABILITIES = (
    b'"IMPLEMENTATION" "old.example.net sieved; the *very* old one {7}"',
    b'"SASL" "PLAIN LOGIN"',
    b'"SIEVE" "fileinto vacation reject"',
    b'"VERSION" "1.0"',
)
OFFER = b'"STARTTLS"'
READY = b'OK "old.example.net is at your service"\r\n'
# A script with what proxies have stumbled over: commands, answers, counts, quotes, line ends of every kind, NUL.
SCRIPT = (
    b'require ["fileinto"];\r\nSTARTTLS\r\nOK "done"\r\n{5+}\r\n"\\\r\nNOOP\nbare\rcr\x00\x80\xff'
    + bytes(range(256))
    + b"# padding\r\n" * 3000
)
COUNT = re.compile(rb"\{(\d+)\+?\}\r\n$")


def words(line):
    """The words of a line: atoms upper-cased, strings as ("string", value), parentheses as they are."""
    found, at = [], 0
    while at < len(line):
        quoted = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(line, at)
        counted = re.compile(rb"\{(\d+)\+?\}\r\n").match(line, at)
        atom = re.compile(rb'[^\s"(){}]+').match(line, at)
        if quoted:
            found.append(("string", re.sub(rb"\\(.)", rb"\1", quoted[1])))
            at = quoted.end()
        elif counted:
            at = counted.end() + int(counted[1])
            found.append(("string", line[counted.end() : at]))
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
    while count := COUNT.search(line):
        line += channel.exactly(int(count[1]), timeout) + channel.line(timeout)
    return line


class Server:
    """A behaviour for Upstream: a sieve server that works, but for what is asked otherwise.

    tls: a server context; then STARTTLS is offered and done. implicit: TLS from the first byte.
    banner: bytes to say instead of the greeting. offer: STARTTLS in the capabilities outside TLS, whether or not `tls`
    is there to keep the promise. on: verb → bytes to say instead, or a function(channel, line) that returns True where
    the session goes on.
    """

    def __init__(self, tls=None, implicit=False, banner=None, offer=None, on=None, capabilities=CAPABILITIES, ready=READY):
        self.tls, self.implicit, self.banner, self.ready = tls, implicit, banner, ready
        self.offer = tls is not None and not implicit if offer is None else offer
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.capabilities = tuple(capabilities)
        self.scripts = {}

    def __call__(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.greeting(channel) if self.banner is None else self.banner)
        authenticated = False
        while True:
            line = whole_line(channel)
            verb, *arguments = words(line) or [b""]
            action = self.on.get(verb)
            if callable(action):
                if not action(channel, line):
                    return
            elif action is not None:
                channel.send(action)
            elif verb == b"AUTHENTICATE":
                authenticated = self._authenticate(channel, arguments)
            elif not self._usual(channel, verb, arguments, authenticated):
                return

    def greeting(self, channel):
        lines = [*self.capabilities]
        if self.offer and channel.tls is None:
            lines.insert(2, OFFER)
        return b"".join(line + b"\r\n" for line in lines) + self.ready

    def _authenticate(self, channel, arguments):
        if arguments[0] == ("string", b"LOGIN"):
            for challenge in (b'"VXNlcm5hbWU6"\r\n', b"{12}\r\nUGFzc3dvcmQ6\r\n"):
                channel.send(challenge)
                if words(whole_line(channel)) == [("string", b"*")]:
                    channel.send(b'NO "cancelled"\r\n')
                    return False
        channel.send(b'OK "welcome"\r\n')
        return True

    def _usual(self, channel, verb, arguments, authenticated):
        """The answer of a server that works; False ends the session."""
        if verb == b"CAPABILITY":
            channel.send(self.greeting(channel))
        elif verb == b"STARTTLS":
            return self._starttls(channel)
        elif verb == b"NOOP":
            tag = arguments[0][1] if arguments else None
            channel.send(b'OK "fine"\r\n' if tag is None else b"OK (TAG {%d}\r\n%s) \"fine\"\r\n" % (len(tag), tag))
        elif verb == b"LOGOUT":
            channel.send(b'OK "old.example.net says bye"\r\n')
            channel.half_close()
            channel.rest()
            return False
        elif not authenticated:
            channel.send(b'NO "log in first, old.example.net says"\r\n')
        elif verb == b"PUTSCRIPT":
            self.scripts[arguments[0][1]] = arguments[1][1]
            channel.send(b'OK "stored"\r\n')
        elif verb == b"GETSCRIPT":
            script = self.scripts[arguments[0][1]]
            channel.send(b"{%d}\r\n%s\r\nOK\r\n" % (len(script), script))
        else:
            channel.send(b'NO "old.example.net does not know that"\r\n')
        return True

    def _starttls(self, channel):
        if self.tls is None or channel.tls is not None:
            channel.send(b'NO "old.example.net: no STARTTLS here"\r\n')
            return True
        channel.send(b'OK "go"\r\n')
        channel.start_tls(self.tls, server=True)
        channel.send(self.greeting(channel))
        return True


class Client(Channel):
    """A channel that speaks ManageSieve, one command at a time, and returns whole responses as bytes."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.greeting = b""

    def arrive(self):
        """What comes first, before we may speak."""
        self.greeting = self.reply()

    def reply(self, timeout=None):
        """A response with all its lines."""
        whole = b""
        while True:
            line = whole_line(self, timeout)
            whole += line
            if (words(line) or [b""])[0] in (b"OK", b"NO", b"BYE"):
                return whole

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def upgrade(self, context, coalesced=False, session=None, hostname="localhost"):
        """STARTTLS, the handshake and the greeting inside it, which is in `greeting` then; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.reply())
            if not got[0].startswith(b"OK"):
                raise AssertionError(f"STARTTLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, session, prefix=b"STARTTLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"STARTTLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname, session)
        self.arrive()
        return got[0]

    def login(self, user=b"user", password=b"secret"):
        text = base64.b64encode(b"\0" + user + b"\0" + password)
        return self.command(b'AUTHENTICATE "PLAIN" {%d+}\r\n%s' % (len(text), text))

    def put(self, name, script):
        return self.command(b'PUTSCRIPT "%s" {%d+}\r\n%s' % (name, len(script), script))

    def get(self, name):
        """The script; None where there is none."""
        answer = self.command(b'GETSCRIPT "%s"' % name)
        found = words(answer[: answer.index(b"\r\n") + 2])[0] if answer[:1] == b'"' else None
        if answer[:1] == b"{":
            head = answer.index(b"\r\n") + 2
            found = ("string", answer[head : head + int(COUNT.search(answer[:head])[1])])
        return found and found[1]

    def quit(self):
        """LOGOUT, its answer, and the end of both directions; returns the answer."""
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
