"""IMAP in all sixteen pairs of TLS modes; the client upgrades or not, the server offers TLS or not."""

import pytest
from session import PairSession
from table import cases

from pysupport.imap import BANNER, MESSAGE
from pysupport.rig import Rig, pairs

BEFORE_TLS = b"IMAP4rev1 ID STARTTLS LOGINDISABLED"
TEXT = BANNER.partition(b"] ")[2]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("imap"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(a\\d+ LOGOUT\r\n)?"
    least_bytes = len(MESSAGE)

    def ours(self):
        asks = rb"starlock1 CAPABILITY\r\n"
        return {
            "starttls": asks + rb"starlock2 STARTTLS\r\n",
            "implicit": b"",
            "plain": b"" if self.case.server == "off" else asks,
        }[self.case.leg]

    def cross(self, text):
        """Notes a command that must reach the upstream."""
        self.crossed += b"a%d " % (self.client.number + 1) + text
        if not text.endswith(b"\n"):
            self.crossed += b"\r\n"

    def check_greeting(self):
        if self.case.client == "required":
            expected = b"* OK [CAPABILITY " + BEFORE_TLS + b"] " + TEXT
        elif self.case.leg == "starttls":
            expected = b"* OK " + TEXT
        elif self.case.client == "opportunistic":
            expected = BANNER.replace(b" ID]", b" ID STARTTLS]")
        else:
            expected = BANNER
        assert self.client.greeting == expected

    def capabilities(self, expect_starttls):
        """Asks for the capabilities and checks that they are the upstream's own, except for STARTTLS."""
        ours = self.case.client == "required" and expect_starttls
        if not ours:
            self.cross(b"CAPABILITY")
        untagged, answer = self.client.command(b"CAPABILITY")
        assert answer.startswith(b"OK ")
        if ours:
            assert untagged == b"* CAPABILITY " + BEFORE_TLS + b"\r\n"
            return
        words = untagged.split()
        assert words.count(b"STARTTLS") == (1 if expect_starttls else 0), words
        assert [word for word in words if word != b"STARTTLS"] == [b"*", b"CAPABILITY", *self.server.capabilities]

    def ask_in_vain(self):
        _, answer = self.client.command(b"STARTTLS")
        assert answer.startswith(b"BAD ")
        assert b"old.example.net" not in answer

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        self.check_greeting()
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "502":
            self.ask_in_vain()
        if outcome == "tls":
            self.client.upgrade(self.certs.client_context())
            self.capabilities(False)
        self.cross(b"LOGIN alice secret")
        _, answer = self.client.command(b"LOGIN alice secret")
        assert answer == b"OK [CAPABILITY " + b" ".join(self.server.capabilities) + b"] in\r\n"
        self.cross(b"APPEND INBOX {%d}\r\n%s\r\n" % (len(MESSAGE), MESSAGE))
        assert self.client.append()[1].startswith(b"OK ")
        assert self.server.messages == [MESSAGE]
        self.cross(b"FETCH 1 BODY[]")
        untagged, _ = self.client.command(b"FETCH 1 BODY[]")
        assert untagged == b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(MESSAGE), MESSAGE)
        self.cross(b"LOGOUT")
        assert self.client.quit() == (b"* BYE old.example.net says bye\r\n", b"OK out\r\n")
        self.ended_in_order()

    def refused(self):
        self.client = self.place.arrive()
        self.check_greeting()
        self.capabilities(True)
        assert self.client.command(b"NOOP")[1].startswith(b"OK ")
        assert self.client.command(b"ID NIL")[1].startswith(b"OK ")
        for command in (b"LOGIN alice secret", b"AUTHENTICATE PLAIN AGEAYg==", b"SELECT INBOX", b"LOGIN {5}", b"XYZZY"):
            assert self.client.command(command) == (
                b"", b"NO [PRIVACYREQUIRED] Must issue a STARTTLS command first\r\n")  # fmt: skip
        assert self.client.quit()[0].startswith(b"* BYE ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert self.client.greeting.startswith(b"* BYE [UNAVAILABLE] ")
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"a1 CAPABILITY\r\n")
        assert b"*" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "imap", case).run()
