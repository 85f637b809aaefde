"""SMTP and LMTP in both roles: a fake server and a test client."""

from pysupport.lines import LineClient, LineServer, coded_reply

BANNER = b"220 old.example.net ESMTP Exim 3.36 #1; the *very* old one\r\n"
# A body with byte sequences that break mail servers and proxies: dots, bare line ends, NUL, 8-bit bytes, a command.
BODY = (
    b"From: a@example.com\r\nTo: b@example.net\r\nSubject: every byte\r\n\r\n"
    + b"STARTTLS\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff"
    + bytes(range(256)).replace(b"\r\n.", b"").replace(b"\r", b"").replace(b"\n", b"")
    + b"\r\n250 OK\r\n" + b"x" * 3000 + b"\r\n"
)  # fmt: skip


class Server(LineServer):
    """protocol: smtp (default) or lmtp. The bodies that DATA brought are in `messages`, without the final dot."""

    BANNER = BANNER
    CAPABILITIES = (b"PIPELINING", b"SIZE 400000000", b"8BITMIME", b"ENHANCEDSTATUSCODES")

    def __init__(self, **options):
        super().__init__(**options)
        self.lmtp = self.protocol == "lmtp"
        self.messages = []
        self.recipients = 0

    def do_ehlo(self, command):
        right = command.verb == (b"LHLO" if self.lmtp else b"EHLO")
        return self.capability_reply() if right else b"500 5.5.1 wrong hello\r\n"

    do_lhlo = do_ehlo

    def capability_reply(self):
        names = [b"old.example.net at your service", *self.capabilities]
        if self.offers_starttls():
            names.insert(2, b"STARTTLS")
        return b"".join(b"250-%s\r\n" % name for name in names[:-1]) + b"250 %s\r\n" % names[-1]

    def do_starttls(self, _):
        return self.accept_starttls(
            b"220 2.0.0 old.example.net is ready for TLS\r\n", b"503 5.5.1 old.example.net: no STARTTLS here\r\n"
        )

    def do_data(self, _):
        self.send(b"354 go on\r\n")
        self.messages.append(self.channel.until(b"\r\n.\r\n")[:-3])
        return b"250 2.0.0 taken\r\n" * (self.recipients if self.lmtp else 1)

    def do_quit(self, _):
        return self.leave(b"221 2.0.0 old.example.net says bye\r\n")

    def do_auth(self, _):
        return b"235 2.7.0 welcome\r\n"

    def do_noop(self, command):
        return b"250 2.0.0 fine: " + command.raw.strip() + b"\r\n"

    do_helo = do_noop

    def do_mail(self, command):
        self.recipients = 0
        return self.do_noop(command)

    do_rset = do_mail

    def do_rcpt(self, command):
        self.recipients += 1
        return self.do_noop(command)

    def do_unknown(self, command):
        return b"500 5.5.1 old.example.net does not know " + command.verb + b"\r\n"


class Client(LineClient):
    """protocol: smtp (default) or lmtp."""

    GO_AHEAD = b"220"
    reply = coded_reply

    @property
    def lmtp(self):
        return self.protocol == "lmtp"

    def hello(self, name=b"client.example.org"):
        return self.command((b"LHLO " if self.lmtp else b"EHLO ") + name)

    def mail(self, body=BODY, recipients=2):
        """Sends one message; returns the replies, from the one to MAIL to the last one after the final dot."""
        replies = [self.command(b"MAIL FROM:<a@example.com>")]
        for number in range(recipients):
            replies.append(self.command(b"RCPT TO:<b%d@example.net>" % number))
        replies.append(self.command(b"DATA"))
        if replies[-1].startswith(b"354"):
            self.send(body + b".\r\n")
            replies += [self.reply() for _ in range(recipients if self.lmtp else 1)]
        return replies
