"""IRC in all sixteen pairs of TLS modes, with a registration in each."""

import pytest
from session import PairSession
from table import cases

from pysupport.irc import BULK, FOUND, LOOKUP
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("irc"))
    yield rig
    rig.close()


class Session(PairSession):
    def ours(self):
        if self.case.server in ("off", "implicit"):
            return b""
        if self.case.leg == "starttls":
            self.ours_inside = b"CAP END\r\n"
            return b"CAP LS\r\nSTARTTLS\r\n"
        return b"CAP LS\r\n" + (b"CAP END\r\n" if self.case.server == "opportunistic" else b"")

    def capabilities(self, expect_tls):
        words = self.client.capabilities()
        assert words.count(b"tls") == (1 if expect_tls else 0)
        if self.case.client == "required" and expect_tls:
            assert words == [b"tls"], "only our own capability"
            return
        assert [word for word in words if word != b"tls"] == list(self.server.capabilities)
        self.crossed += b"CAP LS 302\r\n"

    def check_notices(self):
        """Notices from before the server leg's TLS are dropped. All others arrive unchanged and in order."""
        heard = bytes(self.client.plain + self.client.inside)
        assert heard.count(LOOKUP) == (0 if self.case.leg == "starttls" else 1)
        assert heard.count(FOUND) == 1

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        if outcome == "502":
            answer = self.client.command(b"STARTTLS")
            assert answer.split()[1] == b"421", answer
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "tls":
            if self.case.client == "opportunistic":
                assert self.client.command(b"PING 1").split()[1] == b"PONG"
                self.crossed += b"PING 1\r\n"
            self.client.upgrade(self.certs.client_context())
            self.capabilities(False)
        self.client.register()
        assert self.client.bulk() == BULK
        assert self.client.quit() == b"ERROR :Closing link: (a@old.example.net) [Quit: bye]\r\n"
        self.ended_in_order()
        self.check_notices()
        self.crossed += b"NICK a\r\nUSER a 0 * :Real Name\r\nBULK\r\nQUIT :bye\r\n"

    def refused(self):
        self.client = self.place.arrive()
        self.capabilities(True)
        assert self.client.command(b"PING 1").split()[1] == b"PONG"
        answer = self.client.command(b"NICK a")
        assert answer.startswith(b"ERROR :Closing Link: ") and b"TLS is required" in answer
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def no_upstream(self):
        self.client = self.place.arrive()
        assert self.client.reply().startswith(b"ERROR :Closing Link: ")
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"CAP LS\r\n")
        assert b":" not in self.client.rest()[:1]
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "irc", case).run()
