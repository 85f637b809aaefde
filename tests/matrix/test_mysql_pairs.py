"""MySQL in all sixteen pairs of TLS modes; the client upgrades or not, the server offers TLS or not."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.mysql import OK, SSL_REQUEST, greeting, packet, read_packet, response
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("mysql"))
    yield rig
    rig.close()


class Session(PairSession):
    def ours(self):
        return re.escape(SSL_REQUEST) if self.case.leg == "starttls" else b""

    def work(self):
        self.client = self.place.arrive()
        shown = self.case.outcome in ("declined", "tls")
        assert self.client.greeting == greeting(shown)[4:], "the upstream's own greeting, except for CLIENT_SSL"
        number = 1
        if self.case.outcome == "tls":
            self.client.upgrade(self.certs.client_context())
            number = 2
        assert self.client.log_in(number, number == 2) == (number + 1, OK)
        upgraded = self.case.leg == "starttls"
        commands = packet(0, b"\x0e"), packet(0, b"\x01")
        self.crossed = response(2 if upgraded else 1, upgraded) + b"".join(commands)
        self.client.send(commands[0])
        assert read_packet(self.client) == (1, OK)
        self.client.send(commands[1])
        assert self.client.rest() == b""
        self.client.half_close()
        self.client.close()

    def refused(self):
        if self.case.leg == "starttls":
            # The proxy's SSLRequest is made from the client's response, so without a response there is none.
            self.case.leg = "plain"
        self.client = self.place.arrive()
        number, payload = self.client.log_in(1, False)
        assert (number, payload[:9]) == (2, b"\xff\x57\x0c#HY000")
        assert self.client.rest() == b""
        self.client.close()

    def no_upstream(self):
        self.client = self.place.arrive()
        assert self.client.number == 0 and self.client.greeting.startswith(b"\xff\x51\x04Service not available")
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(response(1, False))
        self.client.rest()
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "mysql", case).run()
