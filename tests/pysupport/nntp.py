"""NNTP in both roles: a fake server and a test client."""

from pysupport.lines import LineClient, LineServer, dotted

BANNER = b"201 old.example.net  InterNetNews \tno posting \r\n"
# An article on the wire (dots doubled) with byte sequences that break proxies.
ARTICLE = (
    b"Subject: every byte\r\n\r\nSTARTTLS\r\n382 go\r\n..dot\r\n.\n.\r\nbare\rcr and\nlf\r\n\x00\x80\xff\r\n"
    + b"x" * 30000 + b"\r\n.\r\n"
)  # fmt: skip


class Server(LineServer):
    """Articles can be read only after MODE READER. What POST brought is in `posted`."""

    BANNER = BANNER
    CAPABILITIES = (b"READER", b"LIST ACTIVE NEWSGROUPS", b"POST")

    def __init__(self, **options):
        super().__init__(**options)
        self.posted = []
        self.reader = False

    def do_capabilities(self, _):
        words = [b"VERSION 2", *self.capabilities]
        if self.offers_starttls():
            words.insert(2, b"STARTTLS")
        return dotted(b"101 Capability list:", words)

    def do_starttls(self, _):
        return self.accept_starttls(
            b"382 old.example.net is ready for TLS\r\n", b"502 old.example.net: no STARTTLS here\r\n"
        )

    def do_mode(self, _):
        self.reader = True
        return b"200 old.example.net lets you post\r\n"

    def do_article(self, _):
        return b"220 1 <a@b>\r\n" + ARTICLE if self.reader else b"401 MODE-READER\r\n"

    def do_post(self, _):
        self.send(b"340 go on\r\n")
        self.posted.append(self.channel.until(b"\r\n.\r\n"))
        return b"240 taken\r\n"

    def do_group(self, _):
        return b"211 1 1 1 a\r\n"

    def do_date(self, _):
        return b"111 20260101000000\r\n"

    def do_authinfo(self, _):
        return b"281 in\r\n"

    def do_quit(self, _):
        return self.leave(b"205 old.example.net says bye\r\n")

    def do_unknown(self, command):
        return b"500 old.example.net does not know " + command.verb + b"\r\n"


class Client(LineClient):
    GO_AHEAD = b"382 "

    def capabilities(self):
        """The lines of the reply to CAPABILITIES, without the first line and the dot."""
        answer = self.command(b"CAPABILITIES")
        assert answer.startswith(b"101 "), answer
        return self.until_dot().split(b"\r\n")[:-2]

    def article(self):
        """Fetches the article, as it is on the wire."""
        answer = self.command(b"ARTICLE 1")
        assert answer.startswith(b"220 "), answer
        return self.until_dot()

    def post(self, article=ARTICLE):
        """Posts the article; returns the last reply."""
        assert self.command(b"POST").startswith(b"340 ")
        self.send(article)
        return self.reply()
