"""ManageSieve in all sixteen pairs of TLS modes; the client upgrades or not, the server offers TLS or not."""

import base64
import re

import pytest
from session import PairSession
from table import cases

from pysupport.managesieve import CAPABILITIES, OFFER, READY, SCRIPT, Server
from pysupport.rig import Rig, pairs


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("managesieve"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(LOGOUT\r\n)?"
    least_bytes = len(SCRIPT)

    def ours(self):
        return b"STARTTLS\r\n" if self.case.leg == "starttls" else b""

    # -- what the client sees

    def check_capabilities(self, answer, starttls):
        """Checks that they are the upstream's own, except for STARTTLS, and for SASL if the client must upgrade."""
        lines = answer.split(b"\r\n")
        assert lines.count(OFFER) == (1 if starttls else 0)
        expected = list(CAPABILITIES)
        if starttls and self.case.client == "required":
            assert lines.count(b'"SASL" ""') == 1
            lines.remove(b'"SASL" ""')
            expected = [line for line in expected if b"SASL" not in line]
        assert [line for line in lines if line != OFFER] == [*expected, READY[:-2], b""]

    def capabilities(self, starttls):
        self.check_capabilities(self.client.command(b"CAPABILITY"), starttls)
        if not (starttls and self.case.client == "required"):
            self.crossed += b"CAPABILITY\r\n"

    def ask_in_vain(self):
        answer = self.client.command(b"STARTTLS")
        assert answer.startswith(b"NO ")
        assert b"old.example.net" not in answer

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        self.check_capabilities(self.client.greeting, outcome in ("declined", "tls"))
        self.capabilities(outcome in ("declined", "tls"))
        if outcome == "502":
            self.ask_in_vain()
        if outcome == "tls":
            assert self.client.upgrade(self.certs.client_context()).startswith(b"OK ")
            self.check_capabilities(self.client.greeting, False)
            self.capabilities(False)
        assert self.client.command(b'NOOP "{3+}"') == b'OK (TAG {4}\r\n{3+}) "fine"\r\n'
        assert self.client.login() == b'OK "welcome"\r\n'
        assert self.client.put(b"every byte", SCRIPT) == b'OK "stored"\r\n'
        assert self.client.get(b"every byte") == SCRIPT
        assert self.server.scripts == {b"every byte": SCRIPT}
        assert self.client.quit() == b'OK "old.example.net says bye"\r\n'
        self.ended_in_order()
        plain = base64.b64encode(b"\0user\0secret")
        self.crossed += b'NOOP "{3+}"\r\nAUTHENTICATE "PLAIN" {%d+}\r\n%s\r\n' % (len(plain), plain)
        self.crossed += b'PUTSCRIPT "every byte" {%d+}\r\n%s\r\nGETSCRIPT "every byte"\r\nLOGOUT\r\n' % (len(SCRIPT), SCRIPT)

    def refused(self):
        self.client = self.place.arrive()
        self.check_capabilities(self.client.greeting, True)
        self.capabilities(True)
        assert self.client.command(b"NOOP") == b'OK "Done"\r\n'
        assert self.client.command(b'NOOP "me"') == b'OK (TAG "me") "Done"\r\n'
        for command in (b'AUTHENTICATE "PLAIN" "AGEAYg=="', b"LISTSCRIPTS", b'PUTSCRIPT "a" {10+}\r\nSTARTTLS\r\n', b"X"):
            assert self.client.command(command).startswith(b"NO (ENCRYPT-NEEDED) "), command
        assert self.client.quit().startswith(b"OK ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert re.fullmatch(rb'BYE \(TRYLATER\) "[^"]+"\r\n', self.client.greeting)
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"CAPABILITY\r\n")
        assert b'"' not in self.client.rest()
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "managesieve", case).run()


def test_sasl_within_the_filter(rig, certs):
    """A SASL exchange of several steps through the filter: a response that looks like a command is data."""
    place = rig.at("managesieve", "opportunistic", "off")
    client = place.serve(Server()).arrive()
    client.upgrade(certs.client_context())
    client.send(b'AUTHENTICATE "LOGIN"\r\n')
    assert client.line() == b'"VXNlcm5hbWU6"\r\n'
    client.send(b"{10+}\r\nSTARTTLS\r\n\r\n")
    assert client.line() == b"{12}\r\n"
    assert client.line() == b"UGFzc3dvcmQ6\r\n"
    assert client.command(b'"STARTTLS"') == b'OK "welcome"\r\n'
    assert client.quit().startswith(b"OK ")
    seen = place.upstream.finished()
    assert bytes(seen.plain) == b'AUTHENTICATE "LOGIN"\r\n{10+}\r\nSTARTTLS\r\n\r\n"STARTTLS"\r\nLOGOUT\r\n'


def test_byte_by_byte(rig, certs):
    place = rig.at("managesieve", "opportunistic", "required")

    class Slow(Server):
        def __call__(self, channel):
            send = channel.send
            channel.send = lambda data: [send(data[i : i + 1]) for i in range(len(data))]
            super().__call__(channel)

    client = place.serve(Slow(tls=certs.server_context())).arrive()
    assert client.greeting.count(OFFER) == 1
    for byte in b"STARTTLS\r\n":
        client.send(bytes([byte]))
    assert client.reply().startswith(b"OK ")
    client.start_tls(certs.client_context(), "localhost")
    client.arrive()
    assert OFFER not in client.greeting
    assert client.login() == b'OK "welcome"\r\n'
    client.quit()
