"""All sixteen pairs of TLS modes, with a client that upgrades and one that does not, a server that offers and not."""

import re

import pytest
from table import RECORDS, cases

from pysupport.channel import End
from pysupport.rig import Rig, pairs
from pysupport.smtp import BANNER, BODY, Server


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("smtp", "lmtp"))
    yield rig
    rig.close()


class Session:
    """One session, step by step; what the client did is what the upstream should see of it."""

    def __init__(self, rig, protocol, case):
        self.certs, self.case = rig.certs, case
        self.place = rig.at(protocol, case.client, case.server)
        tls = rig.certs.server_context() if case.offers or case.server == "implicit" else None
        self.server = Server(lmtp=self.place.lmtp, tls=tls, implicit=case.server == "implicit")
        self.place.serve(self.server)
        self.hello = b"LHLO" if self.place.lmtp else b"EHLO"
        self.crossed = b""  # what of the client's words belongs to the upstream
        self.client = None

    def run(self):
        run = {"421": self.no_upstream, "530": self.refused, "garbled": self.garbled}
        run.get(self.case.outcome, self.mail)()
        self.check_upstream()
        self.check_record()

    # -- what the client sees

    def capabilities(self, expect_starttls):
        """Asks, and checks the answer: the upstream's own, but for STARTTLS."""
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
        if self.case.outcome == "502":
            assert answer.startswith(b"502 5.5.1 ")
        else:
            assert answer == b"503 5.5.1 old.example.net: no STARTTLS here\r\n"
            self.crossed += b"STARTTLS\r\n"

    def mail(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        assert self.client.greeting == BANNER
        self.capabilities(outcome in ("declined", "tls"))
        if outcome in ("502", "theirs"):
            self.ask_in_vain()
        if outcome == "tls":
            assert self.client.upgrade(self.certs.client_context()).startswith(b"220 ")
            self.capabilities(False)
        replies = self.client.mail()
        taken = [b"250 2.0.0 taken\r\n"] * (2 if self.place.lmtp else 1)
        assert replies[3:] == [b"354 go on\r\n", *taken]
        assert self.server.messages == [BODY]
        assert self.client.quit() == b"221 2.0.0 old.example.net says bye\r\n"
        assert self.client.end is (End.CLOSE_NOTIFY if outcome in ("tls", "inside") else End.FIN)
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
        assert self.client.end is (End.CLOSE_NOTIFY if self.case.client == "implicit" else End.FIN)
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(self.hello + b" client.example.org\r\n")
        assert b"2" not in self.client.rest()[:1]
        self.client.close()

    # -- what the upstream saw

    def check_upstream(self):
        if self.case.outcome == "garbled":
            return
        seen = self.place.upstream.finished()
        plain, inside = bytes(seen.plain), bytes(seen.inside)
        crossed = re.escape(self.crossed)
        if self.case.outcome in ("530", "421"):
            crossed += b"(QUIT\r\n)?"
        ours = {
            "starttls": self.hello + rb" \S+\r\nSTARTTLS\r\n",
            "implicit": b"",
            "plain": b"" if self.case.server == "off" else self.hello + rb" \S+\r\n",
        }[self.case.leg]
        if self.case.leg == "plain":
            assert re.fullmatch(ours + crossed, plain), plain
            assert inside == b""
        else:
            assert re.fullmatch(ours, plain), plain
            assert re.fullmatch(crossed, inside), inside
        assert len(self.place.upstream.connections) == 1, "the upgrade keeps the upstream's connection"

    # -- what the record says

    def check_record(self):
        record = self.place.record(self.client)
        assert (record["end"], record["blame"]) == RECORDS[self.case.outcome]
        assert (record["listener"], record["protocol"]) == (self.place.name, self.place.protocol)
        encrypted = self.case.outcome in ("tls", "inside") or self.client.tls is not None
        self.check_leg(record["client_tls"], encrypted)
        self.check_leg(record["server_tls"], self.case.leg != "plain" and self.case.outcome != "garbled")
        if self.case.outcome != "garbled":
            assert record["server"] == self.place.upstream.address
        if RECORDS[self.case.outcome] == ("closed", "none"):
            assert record["bytes_in"] >= len(BODY)
            assert record["bytes_out"] > 0

    @staticmethod
    def check_leg(value, encrypted):
        if not encrypted:
            assert value == "plain"
        else:
            assert value["version"] == "TLSv1.3"
            assert value["cipher"].startswith("TLS_")
            assert value["group"] == "X25519"


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, protocol, case):
    Session(rig, protocol, case).run()
