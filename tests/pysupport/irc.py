"""IRC in both roles: a fake server and a test client."""

from pysupport.lines import LineClient, LineServer

NAME = b"irc.old.example.net"
# What a server sends unasked: at the start of a connection, and at the start of TLS.
LOOKUP = b":" + NAME + b" NOTICE * :*** Looking up your hostname...\r\n"
FOUND = b":" + NAME + b" NOTICE * :***  Found your hostname \xe9 \r\n"
# Byte sequences that break proxies; sent after the welcome, on the command BULK.
BULK = b":x PRIVMSG a :STARTTLS\r\n\n.\r\nbare\rcr and\nlf\x00\x80\xff\r\n" + b"670 x " * 5000 + b"\r\n:end\r\n"


class Server(LineServer):
    """multiline: CAP LS is answered in several lines, as IRCv3 allows for CAP LS 302."""

    BANNER = LOOKUP + FOUND
    CAPABILITIES = (b"multi-prefix", b"sasl=PLAIN", b"away-notify")

    def __init__(self, multiline=False, **options):
        super().__init__(**options)
        self.multiline = multiline

    def do_cap(self, command):
        subcommand = command.arguments[0].upper() if command.arguments else b""
        head = b":" + NAME + b" CAP * "
        if subcommand == b"LS":
            words = list(self.capabilities)
            if self.offers_starttls():
                words.insert(1, b"tls")
            if self.multiline:
                for word in words[:-1]:
                    self.send(head + b"LS * :" + word + b"\r\n")
                words = words[-1:]
            return head + b"LS :" + b" ".join(words) + b"\r\n"
        if subcommand == b"LIST":
            return head + b"LIST :\r\n"
        if subcommand == b"REQ":
            return head + b"ACK " + command.raw.split(None, 2)[2].strip() + b"\r\n"
        return None

    def do_starttls(self, _):
        if self.channel.tls is not None:
            return b":" + NAME + b" 691 * :STARTTLS failure (already in TLS)\r\n"
        refusal = self.accept_starttls(
            b":" + NAME + b" 670 * :STARTTLS successful, go ahead with TLS handshake\r\n",
            b":" + NAME + b" 421 * STARTTLS :Unknown command\r\n",
        )
        return refusal or FOUND

    def do_ping(self, command):
        return b":" + NAME + b" PONG " + NAME + b" :" + b"".join(command.arguments[:1]) + b"\r\n"

    def do_user(self, _):
        return b":" + NAME + b" 001 a :Welcome\r\n:" + NAME + b" 376 a :End of MOTD\r\n"

    def do_bulk(self, _):
        return BULK

    def do_quit(self, _):
        return self.leave(b"ERROR :Closing link: (a@old.example.net) [Quit: bye]\r\n")

    def do_nick(self, _):
        """No reply."""

    do_pass = do_authenticate = do_pong = do_nick

    def do_unknown(self, command):
        return b":" + NAME + b" 421 * " + command.verb + b" :Unknown command\r\n"


class Client(LineClient):
    """Skips NOTICE lines, which servers send unasked, when it reads a reply."""

    QUIT = b"QUIT :bye"

    def arrive(self):
        """There is no greeting to wait for."""

    def reply(self, timeout=None):
        while b" NOTICE " in (line := self.line(timeout)):
            pass
        return line

    def read_go_ahead(self):
        answer = self.reply()
        if answer.split()[1] != b"670":
            raise AssertionError(f"STARTTLS was answered with {answer!r}")
        return answer

    def until_numeric(self, number):
        """The next line with this numeric reply."""
        while (line := self.line()).split()[1:2] != [number]:
            assert not line.startswith(b"ERROR"), line
        return line

    def capabilities(self):
        """The words of all lines that answer CAP LS 302."""
        self.send(b"CAP LS 302\r\n")
        words = []
        while True:
            line = self.reply()
            head, _, text = line.strip().partition(b" LS ")
            assert head.split()[1] == b"CAP", line
            words += text.partition(b":")[2].split()
            if not text.startswith(b"*"):
                return words

    def register(self, nick=b"a"):
        self.send(b"NICK " + nick + b"\r\nUSER " + nick + b" 0 * :Real Name\r\n")
        return self.until_numeric(b"001")

    def bulk(self):
        """The bytes of BULK, as they came."""
        self.send(b"BULK\r\n")
        self.until(b" :End of MOTD\r\n")
        return self.until(b"\r\n:end\r\n")
