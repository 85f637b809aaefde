"""Attacks around NNTP's reader commands, SASL and article bodies, and stripping: F1, F2, F4, S1."""

import pytest
from common import aborted, all_seen, control

from pysupport.rig import Rig

PAIRS = [("nntp", c, s) for c in ("off", "opportunistic", "required", "implicit") for s in ("off", "opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture
def at(rig):
    """Returns at(client, server, …): the place with the protocol's fake server; options go to the fake."""

    def find(client, server="off", **options):
        return rig.at("nntp", client, server).serve_fake(**options)

    return find


# -- the server role, facing the client


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_required_lets_no_stateful_verb_cross(at, certs, server):
    place = at("required", server)
    client = place.arrive()
    for command in [b"GROUP early", b"AUTHINFO USER early", b"POST early", b"LIST early"]:
        assert client.command(command).startswith(b"483 "), command
    client.upgrade(certs.client_context())
    control(place, client)
    assert b"early" not in all_seen(place)


@pytest.mark.parametrize("command", [b"GROUP early", b"AUTHINFO USER early", b"POST early", b"LIST early"])
def test_f1_the_window_closes(at, command):
    place = at("opportunistic", on={command.split()[0]: b"480 no\r\n"})
    client = place.arrive()
    assert client.command(command) == b"480 no\r\n"
    assert client.command(b"STARTTLS").startswith(b"502 ")
    assert b"STARTTLS" not in client.capabilities()
    assert client.quit()
    assert b"STARTTLS" not in all_seen(place)
    assert place.record(client)["end"] == "closed"


@pytest.mark.parametrize("mode", ["off", "opportunistic", "implicit"])
def test_f2_a_sasl_answer_is_data(at, mode):
    def auth(channel, _):
        channel.send(b"383 VXNlcm5hbWU6\r\n")
        channel.send(b"480 " + channel.line().strip() + b" is no user\r\n")

    place = at(mode, on={b"AUTHINFO": auth})
    client = place.arrive()
    assert client.command(b"AUTHINFO SASL LOGIN").startswith(b"383 ")
    assert client.command(b"STARTTLS") == b"480 STARTTLS is no user\r\n"
    client.quit()
    assert place.record(client)["end"] == "closed"


# -- the client role, facing the server


def upstream(*answers):
    """A server that sends the first answer at once, and one more for each line."""

    def behaviour(channel):
        channel.send(answers[0])
        for answer in answers[1:]:
            channel.line()
            channel.send(answer)
        channel.rest()

    return behaviour


OFFER = b"101 list\r\nSTARTTLS\r\n.\r\n"
GREETING = b"200 old <1@old>\r\n"


STRIPPED = {
    "not-listed": ([GREETING, b"101 list\r\nVERSION 2\r\n.\r\n"], "starttls_not_offered"),
    "no-list": ([GREETING, b"480 what?\r\n"], "starttls_not_offered"),
    "refused": ([GREETING, OFFER, b"480 not now\r\n"], "starttls_refused"),
    "greeted-badly": ([b"480 injected\r\n"], "starttls_not_offered"),
}


@pytest.mark.parametrize("name", STRIPPED)
def test_s1_stripping_fails_closed(rig, name):
    answers, end = STRIPPED[name]
    place = rig.at("nntp", "off", "required").serve(upstream(*answers))
    client = place.arrive()
    assert client.greeting.startswith(b"400 "), client.greeting
    assert b"injected" not in aborted(place, client, end, "server")


@pytest.mark.parametrize("mode", ["off", "required"])
def test_f4_an_article_that_nobody_takes(at, certs, mode):
    """A server that does not know TAKETHIS takes the article's lines for commands. STARTTLS must not be one of them."""
    place = at(mode, "off")
    client = place.arrive()
    if mode == "required":
        client.upgrade(certs.client_context())
    client.send(b"TAKETHIS <x@example.org>\r\nSTARTTLS\r\n")
    assert client.line().startswith(b"500 ")
    assert client.line().startswith((b"500 ", b"502 "))
    assert b"STARTTLS" not in bytes(place.upstream.connection().plain)
    control(place, client)
