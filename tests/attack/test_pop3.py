"""Attacks around POP3's logins and SASL, and stripping: F1, F2, S1."""

import pytest
from common import aborted, all_seen, control

from pysupport.rig import Rig

PAIRS = [("pop3", c, s) for c in ("off", "opportunistic", "required", "implicit") for s in ("off", "opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture
def at(rig):
    """Returns at(client, server, …): the place with the protocol's fake server; options go to the fake."""

    def find(client, server="off", **options):
        return rig.at("pop3", client, server).serve_fake(**options)

    return find


# -- the server role, facing the client


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_required_lets_no_stateful_verb_cross(at, certs, server):
    place = at("required", server)
    client = place.arrive()
    for command in [b"USER early", b"PASS early", b"APOP early 00", b"AUTH PLAIN early", b"XTND early"]:
        assert client.command(command).startswith(b"-ERR "), command
    client.upgrade(certs.client_context())
    control(place, client)
    assert b"early" not in all_seen(place)


@pytest.mark.parametrize("command", [b"USER early", b"PASS early", b"APOP early 00", b"AUTH PLAIN early", b"XTND early"])
def test_f1_the_window_closes(at, command):
    place = at("opportunistic", on={command.split()[0]: b"-ERR no\r\n"})
    client = place.arrive()
    assert client.command(command) == b"-ERR no\r\n"
    assert client.command(b"STLS").startswith(b"-ERR ")
    assert b"STLS" not in client.capabilities()
    assert client.quit()
    assert b"STLS" not in all_seen(place)
    assert place.record(client)["end"] == "closed"


@pytest.mark.parametrize("mode", ["off", "opportunistic", "implicit"])
def test_f2_a_sasl_answer_is_data(at, mode):
    def auth(channel, _):
        channel.send(b"+ VXNlcm5hbWU6\r\n")
        channel.send(b"-ERR " + channel.line().strip() + b" is no user\r\n")

    place = at(mode, on={b"AUTH": auth})
    client = place.arrive()
    assert client.command(b"AUTH LOGIN").startswith(b"+ ")
    assert client.command(b"STLS") == b"-ERR STLS is no user\r\n"
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


OFFER = b"+OK\r\nSTLS\r\n.\r\n"
GREETING = b"+OK old <1@old>\r\n"


STRIPPED = {
    "not-listed": ([GREETING, b"+OK\r\nVERSION 2\r\n.\r\n"], "starttls_not_offered"),
    "no-list": ([GREETING, b"-ERR what?\r\n"], "starttls_not_offered"),
    "refused": ([GREETING, OFFER, b"-ERR not now\r\n"], "starttls_refused"),
    "greeted-badly": ([b"-ERR injected\r\n"], "starttls_not_offered"),
}


@pytest.mark.parametrize("name", STRIPPED)
def test_s1_stripping_fails_closed(rig, name):
    answers, end = STRIPPED[name]
    place = rig.at("pop3", "off", "required").serve(upstream(*answers))
    client = place.arrive()
    assert client.greeting.startswith(b"-ERR [SYS/TEMP] "), client.greeting
    assert b"injected" not in aborted(place, client, end, "server")


