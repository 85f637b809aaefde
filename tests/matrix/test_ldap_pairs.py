"""LDAP in all sixteen pairs of TLS modes."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.ldap import OID, bind, entry, message, result, root_dse, starttls
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("ldap"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b".*"

    def ours(self):
        asked = b"" if self.case.server in ("off", "implicit") else re.escape(starttls(1))
        return asked

    def root(self, number, offered):
        assert self.client.ask(root_dse(number)) == entry(number, offered) + result(number, 0x65, 0)
        self.crossed += root_dse(number)

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        if outcome in ("declined", "tls") and self.case.client == "opportunistic":
            self.root(1, True)
        if outcome == "502":
            answer = self.client.ask(starttls(2))
            assert answer[7:10] == b"\x0a\x01\x02"
        if outcome == "tls":
            self.client.upgrade(self.certs.client_context())
        if outcome in ("tls", "inside", "plain"):
            self.root(3, False)
        assert self.client.ask(bind(4)) == result(4, 0x61, 0)
        self.crossed += bind(4) + message(60, 0x42)
        self.client.quit()

    def refused(self):
        self.client = self.place.arrive()
        for request, tag in ((bind(1), 0x61), (root_dse(2), 0x65)):
            answer = self.client.ask(request)
            assert answer[5] == tag and answer[7:10] == b"\x0a\x01\x0d"
        self.client.quit()

    def no_upstream(self):
        self.client = self.place.arrive()
        self.client.send(bind(1))
        notice = self.client.rest()
        assert b"\x0a\x01\x34" in notice and b"1.3.6.1.4.1.1466.20036" in notice and OID not in notice
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(bind(1))
        assert self.client.rest()[:1] != b"\x30"
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "ldap", case).run()
