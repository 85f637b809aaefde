"""ACAP in all sixteen pairs of TLS modes; the client upgrades or not, the server offers TLS or not."""

import re

import pytest
from session import PairSession
from table import cases

from pysupport.acap import ITEMS, OFFER, VALUE, Server
from pysupport.rig import Rig, pairs

PLAIN = b'a1 AUTHENTICATE "PLAIN" {16+}\r\nAHVzZXIAc2VjcmV0\r\n'


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("acap"))
    yield rig
    rig.close()


class Session(PairSession):
    farewell = b"(a1 LOGOUT\r\n)?"
    least_bytes = len(VALUE)

    def ours(self):
        return rb"\w+ STARTTLS\r\n" if self.case.leg == "starttls" else b""

    # -- what the client sees

    def check_greeting(self, starttls):
        """Checks the greeting: the upstream's own, except for STARTTLS, and for SASL if the client must upgrade."""
        items = re.findall(rb'\((?:[^")]|"[^"]*")*\)', self.client.greeting)
        assert self.client.greeting == b"* ACAP " + b" ".join(items) + b"\r\n"
        assert items.count(OFFER) == (1 if starttls else 0)
        hidden = b"(SASL" if starttls and self.case.client == "required" else b"()"
        assert [item for item in items if item != OFFER] == [item for item in ITEMS if not item.startswith(hidden)]

    def ask_in_vain(self):
        answer = self.client.command(b"STARTTLS")
        assert answer.startswith(b"a1 BAD ")
        assert b"old.example.net" not in answer

    def work(self):
        outcome = self.case.outcome
        self.client = self.place.arrive()
        self.check_greeting(outcome in ("declined", "tls"))
        if outcome == "502":
            self.ask_in_vain()
        if outcome == "tls":
            assert self.client.upgrade(self.certs.client_context()).startswith(b"a1 OK ")
            self.check_greeting(False)
        self.exchange()
        self.ended_in_order()

    def exchange(self):
        assert self.client.command(b"NOOP") == b'a1 OK "fine"\r\n'
        assert self.client.command(b"LANG {2}") == b'+ "old.example.net is listening"\r\n'
        assert self.client.command(b"", tag=b"de") == b'a1 LANG "i-default"\r\na1 OK "as you like"\r\n'
        assert self.client.login() == b'a1 OK "welcome"\r\n'
        assert self.client.store(b"/x/every byte", b"x.value", VALUE) == b'a1 OK "stored"\r\n'
        assert self.client.search(b"/x/", b"x.value") == {b"every byte": VALUE}
        assert self.server.entries == {(b"/x/every byte", b"x.value"): VALUE}
        assert self.client.quit() == b'* BYE "old.example.net says bye"\r\na1 OK "done"\r\n'
        self.crossed += b"a1 NOOP\r\na1 LANG {2}\r\nde \r\n" + PLAIN
        self.crossed += b'a1 STORE ("/x/every byte" "x.value" {%d}\r\n%s)\r\n' % (len(VALUE), VALUE)
        self.crossed += b'a1 SEARCH "/x/" RETURN ("x.value") ALL\r\na1 LOGOUT\r\n'

    def refused(self):
        self.client = self.place.arrive()
        self.check_greeting(True)
        assert self.client.command(b"NOOP") == b'a1 OK "Done"\r\n'
        assert self.client.command(b'LANG "de"').startswith(b"a1 NO ")
        for command in (b'AUTHENTICATE "PLAIN" "AGEAYg=="', b'SEARCH "/x/"', b"STORE ({10+}\r\nSTARTTLS\r\n)", b"X"):
            assert self.client.command(command).startswith(b"a1 NO (ENCRYPT-NEEDED) "), command
        assert self.client.store(b"/x/y", b"x", b"b STARTTLS\r\n").startswith(b"a1 NO (ENCRYPT-NEEDED) ")
        assert self.client.quit().startswith(b"* BYE ")

    def no_upstream(self):
        self.client = self.place.arrive()
        assert re.fullmatch(rb'\* BYE \(TRYLATER\) "[^"]+"\r\n', self.client.greeting)
        assert self.client.rest() == b""
        self.ended_in_order()
        self.client.close()

    def garbled(self):
        self.client = self.place.dial()
        self.client.send(b"a1 NOOP\r\n")
        assert b"a1" not in self.client.rest()
        self.client.close()


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pair(rig, case):
    Session(rig, "acap", case).run()


def test_sasl_within_the_filter(rig, certs):
    """A SASL exchange of several steps through the filter: a response that looks like a command is data."""
    place = rig.at("acap", "opportunistic", "off")
    client = place.serve(Server()).arrive()
    client.upgrade(certs.client_context())
    assert client.command(b'AUTHENTICATE "CRAM-MD5"').startswith(b'+ "')
    client.send(b"{13}\r\n")
    assert client.reply() == b'+ "old.example.net is listening"\r\n'
    client.send(b"b STARTTLS\r\n\r\r\n")
    assert client.reply() == b'a1 OK "welcome"\r\n'
    client.quit()
    seen = place.upstream.finished()
    assert bytes(seen.plain) == b'a1 AUTHENTICATE "CRAM-MD5"\r\n{13}\r\nb STARTTLS\r\n\r\r\na1 LOGOUT\r\n'


def test_anonymous(rig, certs):
    place = rig.at("acap", "required", "off")
    client = place.serve(Server()).arrive()
    client.upgrade(certs.client_context())
    assert client.login(b"ANONYMOUS") == b'a1 OK "welcome"\r\n'
    client.quit()


def test_byte_by_byte(rig, certs):
    place = rig.at("acap", "opportunistic", "required")

    class Slow(Server):
        def __call__(self, channel):
            send = channel.send
            channel.send = lambda data: [send(data[i : i + 1]) for i in range(len(data))]
            super().__call__(channel)

    client = place.serve(Slow(tls=certs.server_context())).arrive()
    assert client.greeting.count(OFFER + b"\r\n") == 1
    for byte in b"a1 STARTTLS\r\n":
        client.send(bytes([byte]))
    assert client.reply().startswith(b"a1 OK ")
    client.start_tls(certs.client_context(), "localhost")
    client.arrive()
    assert OFFER not in client.greeting.replace(b'(STARTTLS)"', b"")
    assert client.login() == b'a1 OK "welcome"\r\n'
    client.quit()
