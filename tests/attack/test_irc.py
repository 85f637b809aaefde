"""Attacks around IRC's registration, capabilities and refusals: F1, F4, R3, S1."""

import pytest
from common import aborted, all_seen, control

from pysupport.irc import Server
from pysupport.rig import Rig

FRONT = [("irc", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
PAIRS = FRONT + [("irc", "off", "off"), ("irc", "implicit", "off")]
PAIRS += [("irc", "off", "required"), ("irc", "off", "opportunistic")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture
def at(rig):
    """Returns at(client, server, …): the place with the protocol's fake server; options go to the fake."""

    def find(client, server="off", **options):
        return rig.at("irc", client, server).serve_fake(**options)

    return find


# What the proxy itself sends to an upstream that lists tls.
ASKED = b"CAP LS\r\nSTARTTLS\r\n"


# -- the server role, facing the client


STATEFUL = [b"NICK early", b"USER early 0 * :x", b"PASS early", b"AUTHENTICATE early", b"WEBIRC early"]


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("command", STATEFUL)
def test_f1_required_lets_no_stateful_verb_cross(at, server, command):
    place = at("required", server)
    client = place.arrive()
    client.send(command + b"\r\nSTARTTLS\r\n")
    rest = aborted(place, client, "tls_required", "client")
    assert rest.startswith(b"ERROR :Closing Link: ") and rest.count(b"\n") == 1, rest
    assert b"early" not in all_seen(place)


@pytest.mark.parametrize("command", STATEFUL)
def test_f1_the_window_closes(at, command):
    place = at("opportunistic", on={command.split()[0]: b":s 400 x :no\r\n"})
    client = place.arrive()
    assert client.command(command) == b":s 400 x :no\r\n"
    assert client.command(b"STARTTLS").split()[1] == b"691"
    assert b"tls" not in client.capabilities()
    assert client.quit()
    assert b"STARTTLS" not in all_seen(place)
    assert place.record(client)["end"] == "closed"


@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize("mode", ["opportunistic", "required", "implicit"])
def test_f4_again_inside_tls(at, certs, mode, multiline):
    place = at(mode, offer="always", multiline=multiline)
    client = place.arrive()
    if mode != "implicit":
        assert client.capabilities().count(b"tls") == 1
        client.upgrade(certs.client_context())
    assert b"tls" not in client.capabilities(), "P1: STARTTLS is offered inside TLS"
    assert client.command(b"STARTTLS").split()[1] == b"691"
    control(place, client)
    assert b"STARTTLS\r\n" not in all_seen(place)


# -- the client role, facing the server


def upstream(*answers):
    """A server that sends the first answer at once, lists tls, and sends one more answer for each line from STARTTLS on."""

    def behaviour(channel):
        channel.send(answers[0])
        assert channel.line() == b"CAP LS\r\n"
        channel.send(b":s CAP * LS :tls\r\n")
        for answer in answers[1:]:
            channel.line()
            channel.send(answer)
        channel.rest()

    return behaviour


NOTICE = b":s NOTICE * :injected\r\n"


STRIPPED = {
    "unknown": ([NOTICE, b":s 421 * STARTTLS :injected\r\n"], "starttls_not_offered"),
    "not-registered": ([NOTICE, b":s 451 * :injected\r\n"], "starttls_not_offered"),
    "refused": ([NOTICE, b":s 691 * :injected\r\n"], "starttls_refused"),
    "closed": ([NOTICE, b"ERROR :injected\r\n"], "starttls_refused"),
}


@pytest.mark.parametrize("name", STRIPPED)
def test_s1_stripping_fails_closed(rig, name):
    answers, end = STRIPPED[name]
    place = rig.at("irc", "off", "required").serve(upstream(*answers))
    client = place.arrive()
    client.send(b"PASS secret\r\nNICK a\r\n")
    rest = aborted(place, client, end, "server")
    assert b"injected" not in rest, rest
    assert all_seen(place).removesuffix(b"CAP END\r\n") == ASKED


@pytest.mark.parametrize("mode", ["required", "opportunistic"])
def test_s1_a_server_that_is_silent_to_starttls(rig, mode):
    """InspIRCd without its starttls module ignores STARTTLS. It does not list tls, so the proxy does not ask for it."""
    place = rig.at("irc", "off", mode).serve(Server(on={b"STARTTLS": lambda channel, line: True}))
    client = place.arrive()
    if mode == "required":
        assert aborted(place, client, "starttls_not_offered", "server").startswith(b"ERROR :Closing Link: ")
    else:
        assert b"tls" not in client.capabilities()
        control(place, client)
        # The reply to the proxy's own CAP LS must not reach the client.
        assert b" CAP " not in bytes(client.plain).partition(b" CAP * LS ")[0]
    assert b"STARTTLS" not in all_seen(place)


def test_what_came_before_tls_is_forgotten(at):
    place = at("off", "required", banner=NOTICE)
    client = place.arrive()
    control(place, client)
    assert b"injected" not in bytes(client.plain)


