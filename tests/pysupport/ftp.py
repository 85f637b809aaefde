"""FTP for both ends of a test: a fake server that can misbehave, and a plain-spoken client."""

import contextlib
import copy
import re
import socket

from pysupport.channel import Channel, connect
from pysupport.timing import Deadline

BANNER = b"220 old.example.net FTP server (the *very* old one) ready\r\n"
FILE = b"226 every byte\r\n" + bytes(range(256)) * 400


class Server:
    """A behaviour for Upstream: FTP as a server that works, but for what is asked otherwise.

    tls: a server context; then AUTH TLS is done. implicit: TLS from the first byte. features: what FEAT lists.
    on: verb → bytes to say instead, or a function(channel, line) that returns True where the session goes on.
    data: a function(channel, verb, data) that sees to a data connection instead, before the last reply.
    """

    def __init__(self, tls=None, implicit=False, banner=BANNER, on=None, features=(b"UTF8", b"MDTM"), epsv=True,
                 data=None, host="127.0.0.1"):  # fmt: skip
        self.tls, self.implicit, self.banner, self.features, self.epsv = tls, implicit, banner, tuple(features), epsv
        self.on = {verb.upper(): action for verb, action in (on or {}).items()}
        self.data, self.host = data, host
        self.stored = []
        self.data_channels = []
        self._listener, self._private = None, False

    def __call__(self, channel):
        # Sessions run beside each other, and each has a listener for data of its own; what they note is noted together.
        copy.copy(self)._session(channel)

    def _session(self, channel):
        if self.implicit:
            channel.start_tls(self.tls, server=True)
        channel.send(self.banner)
        try:
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
        finally:
            if self._listener:
                self._listener.close()

    def _usual(self, channel, line, verb):
        """The answer of a server that works; False ends the session."""
        argument = line.strip().partition(b" ")[2]
        if verb == b"AUTH":
            return self._auth(channel)
        if verb == b"FEAT":
            names = [b"AUTH TLS", b"PBSZ", b"PROT"] if self.tls else []
            lines = b"".join(b" %s\r\n" % name for name in (*self.features, *names))
            channel.send(b"211-Extensions:\r\n" + lines + b"211 End\r\n")
        elif verb == b"PROT" and channel.tls is not None:
            self._private = argument == b"P"
            channel.send(b"200 as you like\r\n")
        elif verb in (b"EPSV", b"PASV") and (self.epsv or verb == b"PASV"):
            self._listen(channel, verb)
        elif verb in (b"RETR", b"STOR"):
            self._transfer(channel, verb)
        elif verb == b"USER":
            channel.send(b"331 who would that be?\r\n")
        elif verb == b"PASS":
            channel.send(b"230-welcome\r\n 220 to old.example.net\r\n230 in\r\n")
        elif verb == b"QUIT":
            channel.send(b"221 old.example.net says bye\r\n")
            channel.half_close()
            channel.rest()
            return False
        elif verb in (b"NOOP", b"TYPE", b"CWD", b"OPTS") or (verb == b"PBSZ" and channel.tls is not None):
            channel.send(b"200 fine: " + line.strip() + b"\r\n")
        else:
            channel.send(b"500 old.example.net does not know " + verb + b"\r\n")
        return True

    def _auth(self, channel):
        if self.tls is None or channel.tls is not None:
            channel.send(b"502 old.example.net: no AUTH here\r\n")
            return True
        channel.send(b"234 old.example.net is ready for TLS\r\n")
        channel.start_tls(self.tls, server=True)
        return True

    def _listen(self, channel, verb):
        if self._listener:
            self._listener.close()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        port = self._listener.getsockname()[1]
        if verb == b"EPSV":
            channel.send(b"229 Entering (|||%d|)\r\n" % port)
        else:  # an address that nobody should believe
            channel.send(b"227 Entering (192,0,2,66,%d,%d)\r\n" % (port >> 8, port & 255))

    def _transfer(self, channel, verb):
        if self._listener is None:
            channel.send(b"425 where?\r\n")
            return
        self._listener.settimeout(Deadline().left())
        sock, peer = self._listener.accept()
        self._listener.close()
        self._listener = None
        assert peer[0] == self.host
        data = Channel(sock)
        self.data_channels.append(data)
        channel.send(b"150 here it comes\r\n")
        if self._private:
            data.start_tls(self.tls, server=True)
        with contextlib.suppress(OSError):
            if self.data is not None:
                self.data(channel, verb, data)
            elif verb == b"RETR":
                data.send(FILE)
                data.half_close()
                data.rest()
            else:
                self.stored.append(data.rest())
                data.half_close()
        data.close()
        channel.send(b"226 all done\r\n")


class Client(Channel):
    """A channel that speaks FTP, one command at a time, and returns whole replies as bytes."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(connect(port, host).sock)
        self.host = host
        self.private = False
        self.context = None
        self.data_end = None

    def arrive(self):
        """What comes first, before we may speak."""
        self.greeting = self.reply()

    def reply(self, timeout=None):
        """A reply with all its lines."""
        whole = line = self.line(timeout)
        if line[3:4] == b"-":
            while not line.startswith(whole[:3] + b" "):
                line = self.line(timeout)
                whole += line
        return whole

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def upgrade(self, context, coalesced=False, hostname="localhost"):
        """AUTH TLS and the handshake; returns the go-ahead."""
        got = []

        def go_ahead(channel):
            got.append(channel.reply())
            if not got[0].startswith(b"234"):
                raise AssertionError(f"AUTH TLS was answered with {got[0]!r}")

        if coalesced:
            self.start_tls(context, hostname, prefix=b"AUTH TLS\r\n", go_ahead=go_ahead)
        else:
            self.send(b"AUTH TLS\r\n")
            go_ahead(self)
            self.start_tls(context, hostname)
        return got[0]

    def protect(self, context):
        """PBSZ 0, PROT P."""
        for line in (b"PBSZ 0", b"PROT P"):
            answer = self.command(line)
            if not answer.startswith(b"200"):
                raise AssertionError(f"{line!r} was answered with {answer!r}")
        self.private, self.context = True, context

    def login(self):
        """USER and PASS; returns the last answer."""
        self.command(b"USER a")
        return self.command(b"PASS b")

    def open_data(self, how=b"EPSV", source=None):
        """The command, and a function that gives the connection once the transfer has begun."""
        if how in (b"PORT", b"EPRT"):
            return self._await_data(how)
        answer = self.command(how)
        if how == b"PASV":
            numbers = [int(number) for number in re.search(rb"\((\d+,\d+,\d+,\d+,\d+,\d+)\)", answer)[1].split(b",")]
            if ".".join(map(str, numbers[:4])) != self.host:
                raise AssertionError(f"PASV was answered with {answer!r}")
            port = numbers[4] * 256 + numbers[5]
        else:
            found = re.search(rb"\(\|\|\|(\d+)\|\)", answer)
            assert found, f"{how} was answered with {answer!r}"
            port = int(found[1])
        data = connect(port, self.host, source)
        return lambda: data

    def _await_data(self, how):
        listener = socket.create_server((self.host, 0), family=socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        port = listener.getsockname()[1]
        if how == b"PORT":
            line = b"PORT %s,%d,%d" % (self.host.encode().replace(b".", b","), port >> 8, port & 255)
        else:
            line = b"EPRT |%d|%s|%d|" % (2 if ":" in self.host else 1, self.host.encode(), port)
        answer = self.command(line)
        if not answer.startswith(b"200"):
            raise AssertionError(f"{line!r} was answered with {answer!r}")

        def accept():
            with listener:
                listener.settimeout(Deadline().left())
                return Channel(listener.accept()[0])

        return accept

    def begin(self, line, how=b"EPSV"):
        """A transfer that has begun: its data connection, in TLS where that is to be."""
        data = self.open_data(how)
        answer = self.command(line)
        if not answer.startswith(b"150"):
            raise AssertionError(f"{line!r} was answered with {answer!r}")
        data = data()
        if self.private:
            data.start_tls(self.context, "localhost")
        return data

    def get(self, how=b"EPSV", name=b"file"):
        """The file's bytes and the last reply; `data_end` says how the data ended."""
        data = self.begin(b"RETR " + name, how)
        got = data.rest()
        self.data_end = data.end
        with contextlib.suppress(OSError):
            data.half_close()
        data.close()
        return got, self.reply()

    def put(self, content, how=b"EPSV", name=b"file"):
        """Sends it; returns the last reply."""
        data = self.begin(b"STOR " + name, how)
        data.send(content)
        data.half_close()
        data.rest()
        data.close()
        return self.reply()

    def quit(self):
        """QUIT, its answer, and the end of both directions; returns the answer."""
        answer = self.command(b"QUIT")
        tail = self.rest()
        if tail:
            raise AssertionError(f"after the goodbye came {tail!r}")
        self.half_close_quietly()
        return answer

    def half_close_quietly(self):
        with contextlib.suppress(OSError):
            self.half_close()
        self.close()


def dial(port, _protocol):
    return Client(port)
