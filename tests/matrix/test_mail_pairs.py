"""SMTP and LMTP in all sixteen pairs of TLS modes; the client upgrades or not, the server offers TLS or not."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.rig import Rig, pairs
from pysupport.smtp import BANNER, BODY


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("smtp", "lmtp"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(QUIT\r\n)?"
    least_bytes = len(BODY)

    @property
    def hello(self):
        return b"LHLO" if self.place.lmtp else b"EHLO"

    def ours(self):
        return {
            "starttls": self.hello + rb" \S+\r\nSTARTTLS\r\n",
            "implicit": b"",
            "plain": b"" if self.case.server == "off" else self.hello + rb" \S+\r\n",
        }[self.case.leg]

    # -- what the client sees

    def capabilities(self, expect_starttls):
        """Asks for the capabilities and checks that they are the upstream's own, except for STARTTLS."""
        answer = self.client.hello()
        lines = answer.splitlines()
        assert [line[:4] for line in lines] == [b"250-"] * (len(lines) - 1) + [b"250 "]
        words = [line[4:] for line in lines]
        assert words.count(b"STARTTLS") == (1 if expect_starttls else 0)
        if self.case.client == "required" and expect_starttls:
            assert answer == b"250-old.example.net\r\n250 STARTTLS\r\n"
            return
        assert [word for word in words if word != b"STARTTLS"] == [
            b"old.example.net at your service",
            *self.server.capabilities,
        ]
        self.crossed += self.hello + b" client.example.org\r\n"

    def ask_in_vain(self):
        answer = self.client.command(b"STARTTLS")
        assert answer.startswith(b"502 5.5.1 ")

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "502":
            self.ask_in_vain()
        if outcome == "tls":
            assert self.client.upgrade(self.certs.client_context()).startswith(b"220 ")
            self.capabilities(False)
        replies = self.client.mail()
        taken = [b"250 2.0.0 taken\r\n"] * (2 if self.place.lmtp else 1)
        assert replies[3:] == [b"354 go on\r\n", *taken]
        assert self.server.messages == [BODY]
        assert self.client.quit() == b"221 2.0.0 old.example.net says bye\r\n"
        self.ended_in_order()
        self.crossed += b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b0@example.net>\r\nRCPT TO:<b1@example.net>\r\nDATA\r\n"
        self.crossed += BODY + b".\r\nQUIT\r\n"

    def refused(self):
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(True)
        assert self.client.command(b"NOOP").startswith(b"250 ")
        assert self.client.command(b"RSET").startswith(b"250 ")
        for command in (b"MAIL FROM:<a@example.com>", b"AUTH PLAIN AGEAYg==", b"DATA", b"HELO x", b"VRFY a"):
            assert self.client.command(command).startswith(b"530 5.7.0 "), command
        assert self.client.quit().startswith(b"221 ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert re.match(rb"421 4\.\d\.\d ", self.client.greeting)
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(self.hello + b" client.example.org\r\n")
        assert b"2" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, protocol, case):
    Session(rig, protocol, case).run()
