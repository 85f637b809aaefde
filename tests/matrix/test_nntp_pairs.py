"""NNTP in all sixteen pairs of TLS modes. MODE READER comes before the upgrade where it may, and its effect must last."""

import pytest
from session import PairSession
from table import cases

from pysupport.nntp import ARTICLE, BANNER
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("nntp"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(QUIT\r\n)?"

    def ours(self):
        asked = b"" if self.case.server == "off" else b"CAPABILITIES\r\n"
        return {"starttls": b"CAPABILITIES\r\nSTARTTLS\r\n", "implicit": b"", "plain": asked}[self.case.leg]

    def capabilities(self, expect_starttls):
        words = self.client.capabilities()
        assert words.count(b"STARTTLS") == (1 if expect_starttls else 0)
        if self.case.client == "required" and expect_starttls:
            assert words == [b"VERSION 2", b"STARTTLS"], "only our own capability"
            return
        assert [word for word in words if word != b"STARTTLS"] == [b"VERSION 2", *self.server.capabilities]
        self.crossed += b"CAPABILITIES\r\n"

    def say(self, line, answer):
        assert self.client.command(line).startswith(answer), line
        self.crossed += line + b"\r\n"

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "502":
            assert self.client.command(b"STARTTLS") == b"500 STARTTLS is not available\r\n"
        if self.case.client != "required":
            self.say(b"MODE READER", b"200 ")
        if outcome == "tls":
            self.client.upgrade(self.certs.client_context())
            self.capabilities(False)
        if self.case.client == "required":
            self.say(b"MODE READER", b"200 ")
        assert self.client.article() == ARTICLE
        assert self.client.post() == b"240 taken\r\n"
        assert self.server.posted == [ARTICLE]
        assert self.client.quit() == b"205 old.example.net says bye\r\n"
        self.ended_in_order()
        self.crossed += b"ARTICLE 1\r\nPOST\r\n" + ARTICLE + b"QUIT\r\n"

    def refused(self):
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(True)
        for command in (b"MODE READER", b"GROUP a", b"AUTHINFO USER a", b"POST", b"DATE", b"LIST"):
            assert self.client.command(command).startswith(b"483 "), command
        assert self.client.quit().startswith(b"205 ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert self.client.greeting.startswith(b"400 ")
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"CAPABILITIES\r\n")
        assert b"1" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "nntp", case).run()
