"""FTP in both roles: a fake server and a test client."""

import contextlib
import re
import socket

from pysupport.channel import Channel, connect
from pysupport.lines import LineClient, LineServer, coded_reply
from pysupport.timing import Deadline

BANNER = b"220 old.example.net FTP server (the *very* old one) ready\r\n"
FILE = b"226 every byte\r\n" + bytes(range(256)) * 400


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Server(LineServer):
    """capabilities: what FEAT lists besides TLS. epsv: whether EPSV is known. host: where it listens for data.

    data: a function(channel, verb, data) that handles a data connection instead, before the last reply.
    What STOR brought is in `stored`, the data connections are in `data_channels`.
    """

    BANNER = BANNER
    CAPABILITIES = (b"UTF8", b"MDTM")
    STARTTLS = b"AUTH"

    def __init__(self, epsv=True, data=None, host="127.0.0.1", **options):
        super().__init__(**options)
        self.epsv, self.data, self.host = epsv, data, host
        self.stored, self.data_channels = [], []
        self.listener, self.private = None, False

    def run(self):
        try:
            super().run()
        finally:
            if self.listener:
                self.listener.close()

    def do_auth(self, _):
        return self.accept_starttls(
            b"234 old.example.net is ready for TLS\r\n", b"502 old.example.net: no AUTH here\r\n"
        )

    def do_feat(self, _):
        names = [*self.capabilities, *([b"AUTH TLS", b"PBSZ", b"PROT"] if self.tls else [])]
        return b"211-Extensions:\r\n" + b"".join(b" %s\r\n" % name for name in names) + b"211 End\r\n"

    def do_pbsz(self, command):
        return self.do_unknown(command) if self.channel.tls is None else self.do_noop(command)

    def do_prot(self, command):
        if self.channel.tls is None:
            return self.do_unknown(command)
        self.private = command.arguments == [b"P"]
        return b"200 as you like\r\n"

    def do_epsv(self, command):
        if not self.epsv:
            return self.do_unknown(command)
        return b"229 Entering (|||%d|)\r\n" % self.listen()

    def do_pasv(self, _):
        """The address in the reply is wrong on purpose: nobody should connect to it."""
        port = self.listen()
        return b"227 Entering (192,0,2,66,%d,%d)\r\n" % (port >> 8, port & 255)

    def listen(self):
        """Listens for one data connection; returns the port."""
        if self.listener:
            self.listener.close()
        self.listener = socket.create_server((self.host, 0), family=family(self.host))
        return self.listener.getsockname()[1]

    def do_retr(self, command):
        if self.listener is None:
            return b"425 where?\r\n"
        data = self.accept_data()
        self.send(b"150 here it comes\r\n")
        if self.private:
            data.start_tls(self.tls, server=True)
        with contextlib.suppress(OSError):
            if self.data is not None:
                self.data(self.channel, command.verb, data)
            elif command.verb == b"RETR":
                data.send(FILE)
                data.half_close()
                data.rest()
            else:
                self.stored.append(data.rest())
                data.half_close()
        data.close()
        return b"226 all done\r\n"

    do_stor = do_retr

    def accept_data(self):
        self.listener.settimeout(Deadline().left())
        sock, peer = self.listener.accept()
        self.listener.close()
        self.listener = None
        assert peer[0] == self.host
        self.data_channels.append(Channel(sock))
        return self.data_channels[-1]

    def do_user(self, _):
        return b"331 who would that be?\r\n"

    def do_pass(self, _):
        return b"230-welcome\r\n 220 to old.example.net\r\n230 in\r\n"

    def do_quit(self, _):
        return self.leave(b"221 old.example.net says bye\r\n")

    def do_noop(self, command):
        return b"200 fine: " + command.raw.strip() + b"\r\n"

    do_type = do_cwd = do_opts = do_noop

    def do_unknown(self, command):
        return b"500 old.example.net does not know " + command.verb + b"\r\n"


class Client(LineClient):
    STARTTLS = b"AUTH TLS"
    GO_AHEAD = b"234"
    reply = coded_reply

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.private = False
        self.context = None  # of the data connections' TLS, where they do not resume
        self.resumes = True  # whether they resume the control connection's TLS session
        self.data_end = None  # how the last download ended

    def features(self):
        """The lines of the reply to FEAT, without the first and the last."""
        return [line.strip() for line in self.command(b"FEAT").splitlines()[1:-1]]

    def accepted(self, line):
        """Sends a command that must be answered with 200."""
        answer = self.command(line)
        if not answer.startswith(b"200"):
            raise AssertionError(f"{line!r} was answered with {answer!r}")

    def protect(self, context):
        """PBSZ 0, PROT P."""
        self.accepted(b"PBSZ 0")
        self.accepted(b"PROT P")
        self.private, self.context = True, context

    def login(self):
        """USER and PASS; returns the last reply."""
        self.command(b"USER a")
        return self.command(b"PASS b")

    def open_data(self, how=b"EPSV", source=None):
        """Negotiates a data connection. Returns a function that gives its channel once the transfer has started."""
        if how in (b"PORT", b"EPRT"):
            return self._listen_for_data(how)
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

    def _listen_for_data(self, how):
        listener = socket.create_server((self.host, 0), family=family(self.host))
        port = listener.getsockname()[1]
        if how == b"PORT":
            line = b"PORT %s,%d,%d" % (self.host.encode().replace(b".", b","), port >> 8, port & 255)
        else:
            line = b"EPRT |%d|%s|%d|" % (2 if ":" in self.host else 1, self.host.encode(), port)
        self.accepted(line)

        def accept():
            with listener:
                listener.settimeout(Deadline().left())
                return Channel(listener.accept()[0])

        return accept

    def begin(self, line, how=b"EPSV"):
        """Starts a transfer; returns its data connection, in TLS after protect()."""
        data = self.open_data(how)
        answer = self.command(line)
        if not answer.startswith(b"150"):
            raise AssertionError(f"{line!r} was answered with {answer!r}")
        data = data()
        if self.private:
            self.secure(data)
        return data

    def secure(self, data):
        """Makes the TLS handshake on a data connection."""
        if self.resumes:  # a session belongs to its context
            return data.start_tls(self.tls.context, "localhost", self.tls.session)
        return data.start_tls(self.context, "localhost")

    def get(self, how=b"EPSV", name=b"file"):
        """Downloads a file: its bytes and the last reply. `data_end` says how the data connection ended."""
        data = self.begin(b"RETR " + name, how)
        got = data.rest()
        self.data_end = data.end
        with contextlib.suppress(OSError):
            data.half_close()
        data.close()
        return got, self.reply()

    def put(self, content, how=b"EPSV", name=b"file"):
        """Uploads a file; returns the last reply."""
        data = self.begin(b"STOR " + name, how)
        data.send(content)
        data.half_close()
        data.rest()
        data.close()
        return self.reply()
