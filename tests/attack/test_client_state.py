"""SMTP and LMTP: state that a client must not carry across the upgrade, and framing limits: F1 to F3, P1, P2."""

import select
import threading

import pytest
from common import aborted, all_seen, control, hello_word

from pysupport.rig import Rig

MODES = ("off", "opportunistic", "required", "implicit")
PAIRS = [(p, c, s) for p in ("smtp", "lmtp") for c in MODES for s in ("off", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(params=["smtp", "lmtp"])
def protocol(request):
    return request.param


@pytest.fixture
def at(rig, protocol):
    """Returns at(client, server, …): the place with the protocol's fake server; options go to the fake."""

    def find(client, server="off", **options):
        return rig.at(protocol, client, server).serve_fake(**options)

    return find


STATEFUL = [b"AUTH PLAIN AGEAYg==", b"MAIL FROM:<early@example.com>", b"VRFY early", b"ETRN early", b"HELO early"]


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_required_lets_no_stateful_verb_cross(at, certs, server):
    place = at("required", server)
    client = place.arrive()
    client.hello()
    for command in STATEFUL:
        assert client.command(command).startswith(b"530 5.7.0 "), command
    client.upgrade(certs.client_context())
    control(place, client)
    seen = all_seen(place)
    assert b"early" not in seen and b"AUTH" not in seen


def test_f1_after_auth_the_window_is_closed(at):
    place = at("opportunistic", on={b"AUTH": b"535 5.7.8 no\r\n"})
    client = place.arrive()
    client.hello()
    assert client.command(b"AUTH PLAIN AGEAYg==").startswith(b"535 ")
    assert client.command(b"STARTTLS").startswith(b"503 5.5.1 ")
    control(place, client)
    assert b"STARTTLS\r\n" not in all_seen(place).partition(b"DATA")[0]


def test_f1_starttls_after_mail(at):
    place = at("opportunistic")
    client = place.arrive()
    client.hello()
    assert client.command(b"MAIL FROM:<a@example.com>").startswith(b"250 ")
    assert client.command(b"STARTTLS") == b"503 5.5.1 Too late for STARTTLS\r\n"
    assert client.command(b"RSET").startswith(b"250 ")
    assert client.command(b"STARTTLS") == b"503 5.5.1 Too late for STARTTLS\r\n"
    control(place, client)
    assert b"STARTTLS" not in all_seen(place).partition(b"DATA")[0]


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_control(at, certs, server):
    place = at("opportunistic", server)
    client = place.arrive()
    client.hello()
    client.upgrade(certs.client_context())
    control(place, client)


def test_f1_mail_before_the_second_hello(at, certs):
    place = at("opportunistic")
    client = place.arrive()
    client.hello()
    client.upgrade(certs.client_context())
    assert client.command(b"MAIL FROM:<early@example.com>").startswith(b"503 5.5.1 ")
    control(place, client)
    assert b"early" not in all_seen(place)


def test_f2_starttls_in_data_is_data(at):
    place = at("off")
    client = place.arrive()
    client.hello()
    client.send(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSTARTTLS\r\n.\r\n")
    for expected in (b"250 ", b"250 ", b"354 ", b"250 2.0.0 taken"):
        assert client.reply().startswith(expected)
    assert place.fake.messages == [b"STARTTLS\r\n"]
    control(place, client)


def test_f2_starttls_as_a_sasl_answer_is_data(at):
    def auth(channel, _):
        channel.send(b"334 VXNlcm5hbWU6\r\n")
        channel.send(b"535 5.7.8 " + channel.line().strip() + b" is no user\r\n")

    for client_mode in ("off", "opportunistic"):
        place = at(client_mode, on={b"AUTH": auth})
        client = place.arrive()
        client.hello()
        assert client.command(b"AUTH LOGIN").startswith(b"334 ")
        assert client.command(b"STARTTLS") == b"535 5.7.8 STARTTLS is no user\r\n"
        control(place, client)


def test_f3_an_endless_line_is_cut_off(at):
    place = at("required")
    client = place.arrive()
    client.send(b"NOOP " + b"x" * 200_000)
    rest = aborted(place, client, ("limit", "protocol_error"), "client")
    assert rest == b"" or rest[:1] in b"45", rest
    assert b"xxxx" not in all_seen(place)


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("mode", ["opportunistic", "required"])
def test_p1_no_second_starttls_on_offer_inside_tls(at, certs, mode, server):
    place = at(mode, server, offer=True)
    client = place.arrive()
    assert client.hello().count(b"STARTTLS") == 1
    client.upgrade(certs.client_context())
    assert b"STARTTLS" not in client.hello()
    control(place, client)


@pytest.mark.parametrize("mode", ["off", "opportunistic", "implicit"])
def test_p2_xclient_from_a_client(at, mode):
    place = at(mode, capabilities=[b"XCLIENT NAME ADDR"])
    client = place.arrive()
    client.hello()
    assert client.command(b"XCLIENT ADDR=192.0.2.1").startswith(b"550 5.7.1 ")
    control(place, client)
    assert b"XCLIENT" not in all_seen(place)


def test_p2_xclient_inside_tls(at, certs):
    place = at("required", capabilities=[b"XCLIENT NAME ADDR"])
    client = place.arrive()
    client.hello()
    assert client.command(b"XCLIENT ADDR=192.0.2.1")[:4] in (b"530 ", b"550 ")
    client.upgrade(certs.client_context())
    client.hello()
    assert client.command(b"XCLIENT ADDR=192.0.2.1").startswith(b"550 5.7.1 ")
    control(place, client)
    assert b"XCLIENT" not in all_seen(place)


def test_p2_xclient_from_a_client_that_does_not_read(at):
    """A command is checked even if it comes while the output is full and the client has already half-closed."""
    blocked, looked = threading.Event(), threading.Event()

    def hello(channel, _):
        reply = b"250 " + b"x" * 15000 + b"\r\n"
        while not looked.is_set():
            left = memoryview(reply)
            while left:
                if select.select([], [channel.sock], [], 0.5)[1]:
                    left = left[channel.sock.send(left) :]
                elif not looked.is_set():
                    blocked.set()
                    select.select([channel.sock], [], [], 1)  # XCLIENT must not arrive
                    looked.set()

    place = at("off", on={b"EHLO": hello, b"LHLO": hello})
    client = place.arrive()
    client.send(hello_word(place) + b" client.example.org\r\n")
    assert blocked.wait(60)
    client.send(b"XCLIENT ADDR=192.0.2.1\r\n")
    client.half_close()
    assert looked.wait(60)
    assert b"\r\n550 5.7.1 XCLIENT and XFORWARD are not allowed\r\n" in client.rest()
    assert b"XCLIENT" not in all_seen(place)


def test_hello_word(protocol, at):
    """EHLO is not valid in LMTP, and LHLO is not valid in SMTP."""
    place = at("off")
    client = place.arrive()
    wrong = b"EHLO" if protocol == "lmtp" else b"LHLO"
    assert client.command(wrong + b" x").startswith(b"5")
    assert hello_word(place) != wrong
    control(place, client)
