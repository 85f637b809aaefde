"""XMPP in all sixteen pairs of TLS modes, client to server and server to server."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.channel import End
from pysupport.rig import Rig, pairs
from pysupport.xmpp import (
    AUTH, COMPRESS, ENCRYPTION_REQUIRED, END, FAILURE, MECHANISMS, STANZA, STARTTLS, SUCCESS,
)  # fmt: skip

OURS = re.escape(b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>")


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("xmpp", "xmpp-server"))
    yield rig
    rig.close()


class Session(PairSession):
    @property
    def least_bytes(self):
        """A session that ends with our refusal may have sent only its stream header, which does not count."""
        return 0 if self.case.outcome == "502" else 1

    # -- what the client sees

    def open(self, expect_starttls):
        """Opens a stream and checks that the answer is the upstream's own, except for STARTTLS."""
        got, features = self.client.open()
        if self.case.client == "required" and expect_starttls:
            assert re.fullmatch(OURS, features)
            ident = re.search(rb" id='([^']+)'", got)[1]
            assert len(ident) >= 16 and ident != b"their-own"
            assert b" from='old.example.net'" in got
            return ident
        assert got == self.server.header
        assert features == b"<stream:features>" + (STARTTLS if expect_starttls else b"") + MECHANISMS + b"</stream:features>"
        self.crossed += self.client.said
        return None

    def refused_starttls(self):
        """Sends STARTTLS that must be refused: a failure, the end of the stream, and the end of the TCP connection."""
        self.client.send(STARTTLS)
        rest = self.client.rest()
        assert rest == FAILURE + END
        self.ended_in_order()
        self.client.half_close()
        self.client.close()

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        self.open(outcome in ("declined", "tls"))
        if outcome == "502":
            return self.refused_starttls()
        if outcome == "tls":
            self.client.upgrade(self.certs.client_context())
            self.crossed = b""  # the stream before TLS is discarded; if the upstream saw it, the proxy dials again
            self.open(False)
        assert self.client.ask(AUTH) == SUCCESS
        got, _ = self.client.open()
        assert got == self.server.header, "unchanged"
        self.crossed += AUTH + self.client.said
        assert self.client.ask(STANZA, b"</message>") == b"<message from='b@old.example.net' ><body>taken</body></message>"
        assert self.server.stanzas == [STANZA]
        assert self.client.quit() == END
        self.ended_in_order()
        self.crossed += STANZA + END
        return None

    def refused(self):
        self.client = self.place.arrive()
        self.open(True)
        assert self.client.ask(AUTH, b"</failure>") == ENCRYPTION_REQUIRED
        assert b"<setup-failed/>" in self.client.ask(COMPRESS, b"</failure>")
        self.client.send(b"<iq type='get' id='1'/>")
        rest = self.client.rest()
        assert b"<policy-violation " in rest and rest.endswith(END)
        self.ended_in_order()
        self.client.close()

    def no_upstream(self):
        self.client = self.place.arrive()
        got, rest = self.client.open()
        assert got.endswith(b">") and b"<remote-connection-failed " in rest and rest.endswith(END)
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"<stream:stream>")
        assert b"<" not in self.client.rest()[:1]
        self.client.close()

    # -- what the upstream saw

    def check_upstream(self):
        """Only XMPP dials again, namely if the upstream saw a stream before the client's upgrade: it cannot restart that."""
        if self.case.outcome == "garbled":
            return
        opened = b"<\\?xml version='1.0'\\?><stream:stream [^>]*>"
        asked = self.case.server in ("opportunistic", "required")
        shown = self.case.client == "opportunistic" or (self.case.client == "required" and asked and self.case.leg == "plain")
        again = self.case.outcome == "tls" and shown
        connections = 2 if again else 1
        seen = self.place.upstream.finished(connections - 1)
        assert len(self.place.upstream.connections) == connections
        plain, inside = bytes(seen.plain), bytes(seen.inside)
        crossed = re.escape(self.crossed) if self.case.outcome not in ("530", "421") else b""
        if self.case.leg == "starttls":
            assert re.fullmatch(opened + re.escape(STARTTLS), plain), plain
        elif self.case.leg == "plain":
            expected = crossed
            if asked and self.case.outcome in ("530", "421"):
                expected = opened  # the proxy opened a stream to ask for TLS
            assert re.fullmatch(expected, plain, re.DOTALL), plain
        else:
            assert plain == b""
        if self.case.leg != "plain":
            assert re.fullmatch(crossed, inside, re.DOTALL), inside

    def ended_in_order(self):
        inside = self.client.tls is not None
        assert self.client.end is (End.CLOSE_NOTIFY if inside else End.FIN)


@pytest.mark.parametrize("protocol", ["xmpp", "xmpp-server"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, protocol, case):
    Session(rig, protocol, case).run()
