"""POP3 in all sixteen pairs of TLS modes, each with an APOP login from the greeting's timestamp."""

import pytest
from session import PairSession
from table import cases

from pysupport.pop3 import BANNER, MESSAGE, PASSWORD, STAMP, USER, digest
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("pop3"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(QUIT\r\n)?"

    def ours(self):
        asked = b"" if self.case.server == "off" else b"CAPA\r\n"
        return {"starttls": b"CAPA\r\nSTLS\r\n", "implicit": b"", "plain": asked}[self.case.leg]

    def capabilities(self, expect_stls):
        words = self.client.capabilities()
        assert words.count(b"STLS") == (1 if expect_stls else 0)
        if self.case.client == "required" and expect_stls:
            assert words == [b"STLS"], "only our own capability"
            return
        assert [word for word in words if word != b"STLS"] == list(self.server.capabilities)
        self.crossed += b"CAPA\r\n"

    def say(self, line, answer):
        assert self.client.command(line).startswith(answer), line
        self.crossed += line + b"\r\n"

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "502":
            assert self.client.command(b"STLS") == b"-ERR STLS is not available\r\n"
        if outcome == "tls":
            if self.case.client == "opportunistic":
                self.say(b"NOOP", b"+OK")
            self.client.upgrade(self.certs.client_context())
            self.capabilities(False)
        assert self.client.apop() == b"+OK welcome\r\n", "the timestamp of the greeting must survive"
        assert self.client.mail() == MESSAGE
        assert self.client.quit() == b"+OK old.example.net says bye\r\n"
        self.ended_in_order()
        self.crossed += b"APOP " + USER + b" " + digest(STAMP, PASSWORD) + b"\r\nRETR 1\r\nQUIT\r\n"

    def refused(self):
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(True)
        assert self.client.command(b"NOOP").startswith(b"+OK")
        for command in (b"USER a", b"PASS b", b"APOP a 00", b"AUTH PLAIN AGEAYg==", b"STAT", b"UTF8", b"LANG"):
            assert self.client.command(command).startswith(b"-ERR "), command
        assert self.client.quit().startswith(b"+OK")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert self.client.greeting.startswith(b"-ERR [SYS/TEMP] ")
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"CAPA\r\n")
        assert b"+" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "pop3", case).run()
