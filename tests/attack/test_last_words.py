"""A goodbye is said only between units of the server's speech: G1 for every protocol whose units pass in pieces."""

import dataclasses
import signal
import threading

import pytest

from pysupport import ldap
from pysupport.channel import End
from pysupport.rig import Rig
from pysupport.timing import STEP, milliseconds

ENTRY = b"\x30\x84\x00\x00\x80\x00\x02\x01\x1e\x64\x84\x00\x00\x7f\xf7" + b"x" * 0x7FF7


@dataclasses.dataclass(frozen=True)
class Speech:
    """What a client asks, the beginning of the server's answer, and the rest of it."""

    question: bytes
    begun: bytes
    rest: bytes
    greeting: bytes = b""
    syntax_error: bytes = b"\0\r\n"


EVERY = {
    "nntp": Speech(b"ARTICLE 1\r\n", b"220 1 <a@b>\r\nSubject: x\r\n\r\nA li", b"ne\r\nand another\r\n.\r\n", b"200 hi\r\n"),
    "ftp": Speech(b"HELP\r\n", b"214-The commands are\r\n FEAT\r\n", b"214 Done\r\n", b"220 hi\r\n"),
    "pop3": Speech(b"XLIST\r\n", b"+OK a list\r\n1 one\r\n", b"2 two\r\n.\r\n", b"+OK hi\r\n"),
    "ldap": Speech(ldap.bind(30), ENTRY[:17000], ENTRY[17000:], syntax_error=b"\x31\x00"),
    "managesieve": Speech(b"LISTSCRIPTS\r\n", b'"one"\r\n', b'"two"\r\nOK\r\n', b'"SIEVE" ""\r\nOK "hi"\r\n'),
}
CASES = [(name, client, "off") for name in EVERY for client in ("off", "opportunistic")]
each = pytest.mark.parametrize("case", CASES, ids="-".join)


def make(certs, folder, **limits):
    return Rig(certs, folder, CASES, limits=limits)


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = make(certs, folder)
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def idle(certs, folder):
    rig = make(certs, folder, idle_timeout=milliseconds(1500))
    yield rig
    rig.close()


class Session:
    """A client that has got the beginning of the server's answer; `whole`: all of it."""

    def __init__(self, rig, case, whole=False, then=lambda channel: channel.rest()):
        self.words = EVERY[case[0]]
        answer = self.words.begun + (self.words.rest if whole else b"")

        def serve(channel):
            channel.send(self.words.greeting)
            channel.exactly(len(self.words.question))
            channel.send(answer)
            then(channel)

        self.place = rig.at(*case).serve(serve)
        self.client = self.place.dial()
        if self.words.greeting:  # STARTTLS may be added to it
            self.client.until(self.words.greeting[-8:])
        self.client.send(self.words.question)
        self.client.exactly(len(answer))

    def is_cut(self, end, blame):
        assert self.client.rest() == b"", "a byte of ours within a unit of the server"
        assert self.client.end is End.RESET
        self.ended(end, blame)

    def ended(self, end, blame):
        self.client.close()
        record = self.place.record(self.client)
        assert (record["end"], record["blame"]) == (end, blame), record


@each
def test_idle(idle, case):
    Session(idle, case).is_cut("idle", "none")


@each
def test_control_idle_between_units(idle, case):
    session = Session(idle, case, whole=True)
    assert session.client.rest() != b""
    assert session.client.end is End.FIN
    session.ended("idle", "none")


@each
def test_a_clients_syntax_error(rig, case):
    session = Session(rig, case)
    session.client.send(session.words.syntax_error)
    session.is_cut("protocol_error", "client")


@each
def test_control_a_clients_syntax_error_between_units(rig, case):
    session = Session(rig, case, whole=True)
    session.client.send(session.words.syntax_error)
    assert session.client.rest() != b""
    session.ended("protocol_error", "client")


@each
def test_a_servers_reset(rig, case):
    go_on = threading.Event()
    session = Session(rig, case, then=lambda channel: go_on.wait(STEP) and channel.reset())
    go_on.set()
    session.is_cut("reset", "server")


@each
def test_a_drain(certs, folder, case):
    rig = make(certs, folder, drain_timeout=milliseconds(500))
    try:
        session = Session(rig, case)
        rig.proxy.signal(signal.SIGTERM)
        session.is_cut("drained", "none")
        assert rig.proxy.wait() == 0
    finally:
        rig.close()


# Past the login, or where there is none.
@pytest.mark.parametrize("case", [case for case in CASES if case[0] in ("nntp", "ldap")], ids="-".join)
def test_a_drain_lets_an_established_session_go_on(certs, folder, case):
    rig = make(certs, folder, drain_timeout="60s")
    try:

        def goes_on(channel):
            channel.exactly(1)
            channel.send(EVERY[case[0]].rest)
            channel.rest()

        session = Session(rig, case, then=goes_on)
        rig.proxy.signal(signal.SIGTERM)
        rig.proxy.logged("SIGTERM|drain|shutting")
        session.client.send(session.words.question)
        assert session.client.exactly(len(session.words.rest)) == session.words.rest
        session.client.half_close()
        assert session.client.rest() == b""
        session.ended("closed", "none")
        assert rig.proxy.wait() == 0
    finally:
        rig.close()


@pytest.mark.parametrize("client", ["off", "opportunistic"])
def test_a_refusal_of_starttls_waits_for_the_end_of_an_entry(rig, client):
    go_on = threading.Event()

    def goes_on(channel):
        assert go_on.wait(STEP)
        channel.send(ENTRY[17000:])
        channel.rest()

    session = Session(rig, ("ldap", client, "off"), then=goes_on)
    session.client.send(ldap.starttls(31))
    assert session.client.silent_for(0.3), "the refusal is within the entry"
    go_on.set()
    assert session.client.exactly(len(ENTRY) - 17000) == ENTRY[17000:]
    assert session.client.exactly(1) == b"\x30", "the refusal follows"
    session.client.half_close()
    session.client.rest()
    session.client.close()
    session.place.record(session.client)
