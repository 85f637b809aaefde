"""POP3 in both roles: a fake server and a test client."""

import hashlib

from pysupport.lines import LineClient, LineServer, dotted

STAMP = b"<1896.697170952@old.example.net>"
BANNER = b"+OK  old POP3 \tserver " + STAMP + b"  \r\n"
USER, PASSWORD = b"mrose", b"tanstaaf"
# A message on the wire (dots doubled) with byte sequences that break proxies.
MESSAGE = (
    b"Subject: every byte\r\n\r\nSTLS\r\n+OK\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff\r\n"
    + b"x" * 30000 + b"\r\n.\r\n"
)  # fmt: skip


def digest(stamp, password):
    return hashlib.md5(stamp + password).hexdigest().encode()


class Server(LineServer):
    BANNER = BANNER
    CAPABILITIES = (b"TOP", b"UIDL", b"SASL PLAIN", b"USER", b"UTF8", b"LANG")
    STARTTLS = b"STLS"

    def do_capa(self, _):
        words = list(self.capabilities)
        if self.offers_starttls():
            words.insert(2, b"STLS")
        return dotted(b"+OK Capability list follows", words)

    def do_stls(self, _):
        return self.accept_starttls(b"+OK old.example.net is ready for TLS\r\n", b"-ERR old.example.net: no STLS here\r\n")

    def do_apop(self, command):
        right = command.arguments == [USER, digest(STAMP, PASSWORD)]
        return b"+OK welcome\r\n" if right else b"-ERR [AUTH] no\r\n"

    def do_retr(self, _):
        return b"+OK here it is\r\n" + MESSAGE

    def do_lang(self, command):
        return self.do_noop(command) if command.arguments else b"+OK\r\nen English\r\n.\r\n"

    def do_quit(self, _):
        return self.leave(b"+OK old.example.net says bye\r\n")

    def do_noop(self, command):
        return b"+OK fine: " + command.verb + b"\r\n"

    do_user = do_pass = do_auth = do_utf8 = do_stat = do_noop

    def do_unknown(self, command):
        return b"-ERR old.example.net does not know " + command.verb + b"\r\n"


class Client(LineClient):
    STARTTLS = b"STLS"
    GO_AHEAD = b"+OK"

    def listing(self, line):
        """A multi-line reply if it is +OK, else one line."""
        whole = self.command(line)
        return whole + self.until_dot() if whole.startswith(b"+OK") else whole

    def capabilities(self):
        """The lines of the reply to CAPA, without the first line and the dot."""
        answer = self.listing(b"CAPA")
        assert answer.startswith(b"+OK") and answer.endswith(b"\r\n.\r\n"), answer
        return answer.split(b"\r\n")[1:-2]

    def apop(self):
        """Logs in with the timestamp of the greeting (RFC 1939 section 7)."""
        stamp = b"<" + self.greeting.partition(b"<")[2].partition(b">")[0] + b">"
        return self.command(b"APOP " + USER + b" " + digest(stamp, PASSWORD))

    def mail(self):
        """Fetches the message, as it is on the wire."""
        return self.listing(b"RETR 1").partition(b"\r\n")[2]
