"""What attackers try on NNTP: commands and answers in plaintext behind the upgrade, state carried over it, framing."""

import ssl

import pytest
from common import aborted, all_seen

from pysupport.channel import Ended
from pysupport.nntp import ARTICLE, Server
from pysupport.rig import Rig

FRONT = [("nntp", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
PAIRS = [*FRONT, ("nntp", "off", "off"), ("nntp", "implicit", "off"), ("nntp", "off", "required"), ("nntp", "off", "opportunistic")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture
def at(rig):
    """at(client, server, …): the place, with a fake that works but for what is asked otherwise."""

    def find(client, server="off", **options):
        place = rig.at("nntp", client, server)
        options.setdefault("tls", None if server == "off" else rig.certs.server_context())
        return place.serve(Server(**options))

    return find


@pytest.fixture(params=[pair[1:] for pair in FRONT], ids="-".join)
def place(at, request):
    return at(*request.param)


def control(place, client):
    """From here on the session is as any other."""
    assert client.command(b"MODE READER").startswith(b"200 ")
    assert client.article() == ARTICLE
    assert client.post() == b"240 taken\r\n"
    assert client.quit().startswith(b"205 ")
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")


def only_the_go_ahead(got):
    line, _, rest = got.partition(b"\r\n")
    assert line.startswith(b"382 "), got
    assert rest == b"" or rest[:1] == b"\x15", got


# -- C1 to C4


INJECTED = [b"CAPABILITIES\r\n", b"GROUP injected\r\n", b"QUIT\r\n", b"injected"]


@pytest.mark.parametrize("what", INJECTED)
def test_c1_in_the_same_segment(place, what):
    client = place.arrive()
    assert b"STARTTLS" in client.capabilities()
    client.send(b"STARTTLS\r\n" + what)
    only_the_go_ahead(aborted(place, client, "plaintext_after_starttls", "client"))
    seen = all_seen(place)
    assert b"injected" not in seen and b"QUIT" not in seen
    assert seen.count(b"CAPABILITIES") <= 2 - (place.client == "required"), "the proxy's own and the client's first"


def test_c1_control(place, certs):
    client = place.arrive()
    client.upgrade(certs.client_context())
    control(place, client)


def test_c2_a_command_in_two_halves(place, certs):
    client = place.arrive()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=b"STARTTLS\r\nQU", go_ahead=lambda c: c.line())
        client.send(b"IT\r\n")
        raise Ended("the handshake passed with two foreign bytes before it")
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"QU" not in all_seen(place)


def test_c3_a_coalesced_client_hello_is_legitimate(place, certs):
    client = place.arrive()
    client.upgrade(certs.client_context(), coalesced=True)
    control(place, client)


def test_c4_plaintext_after_the_go_ahead(place):
    client = place.arrive()
    assert client.command(b"STARTTLS").startswith(b"382 ")
    client.send(b"GROUP injected\r\n")
    rest = aborted(place, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert b"injected" not in all_seen(place)


# -- F1 to F4


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
        return True

    place = at(mode, on={b"AUTHINFO": auth})
    client = place.arrive()
    assert client.command(b"AUTHINFO SASL LOGIN").startswith(b"383 ")
    assert client.command(b"STARTTLS") == b"480 STARTTLS is no user\r\n"
    client.quit()
    assert place.record(client)["end"] == "closed"


MALFORMED = {
    "bare-lf": b"CAPABILITIES\nSTARTTLS\r\n",
    "lf-only": b"STARTTLS\n",
    "nul": b"STARTTLS\0\r\n",
    "nul-before": b"\0STARTTLS\r\n",
    "overlong": b"STARTTLS" + b" " * 20000 + b"\r\n",
    "cr-inside": b"ST\rLS\r\n",
    "parameter": b"STARTTLS x\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("mode", ["opportunistic", "required"])
def test_f3_framing_is_never_repaired(at, mode, name):
    place = at(mode)
    client = place.arrive()
    client.send(MALFORMED[name])
    client.half_close()
    rest = client.rest()
    assert b"382 " not in rest, rest
    assert rest == b"" or rest[:1] in b"-45", rest
    client.close()
    assert place.record(client)["client_tls"] == "plain"
    assert all_seen(place) == b""


@pytest.mark.parametrize("mode", ["opportunistic", "required", "implicit"])
def test_f4_again_inside_tls(at, certs, mode):
    place = at(mode, offer="always")
    client = place.arrive()
    if mode != "implicit":
        client.upgrade(certs.client_context())
    assert b"STARTTLS" not in client.capabilities(), "P1"
    assert client.command(b"STARTTLS").startswith(b"502 ")
    control(place, client)
    assert b"STARTTLS\r\n" not in all_seen(place).replace(ARTICLE, b"")


def test_a2_tls_at_once_on_a_starttls_port(at):
    place = at("required")
    client = place.dial()
    client.send(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(194)) + b"\r\n")
    client.half_close()
    client.rest()
    client.close()
    record = place.record(client)
    assert record["client_tls"] == "plain" and record["blame"] == "client", record
    assert all_seen(place) == b""


# -- R1 to R3, S1: the server's side


def upstream(*answers):
    """A server that says its banner and then, to each line, the next of these answers."""

    def behaviour(channel):
        channel.send(answers[0])
        for answer in answers[1:]:
            channel.line()
            channel.send(answer)
        channel.rest()

    return behaviour


OFFER = b"101 list\r\nSTARTTLS\r\n.\r\n"
GREETING = b"200 old <1@old>\r\n"
RESPONSES = {
    "r1": ([GREETING, OFFER, b"382 go\r\n101 list\r\ninjected\r\n.\r\n"], "plaintext_after_starttls"),
    "r2": ([GREETING, OFFER, b"382 go\r\n101 list inj"], "plaintext_after_starttls"),
    "r3": ([GREETING + OFFER + b"382 injected\r\n"], "protocol_error"),
    "r3-late": ([GREETING, OFFER + b"382 injected\r\n"], "protocol_error"),
}


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("mode", ["required", "opportunistic"])
def test_r_injected_answers(rig, name, mode):
    answers, end = RESPONSES[name]
    place = rig.at("nntp", "off", mode).serve(upstream(*answers))
    client = place.arrive()
    assert client.greeting.startswith(b"400 "), client.greeting
    assert aborted(place, client, end, "server") == b""


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


def test_r_and_s_control(at):
    for mode in ("required", "opportunistic"):
        place = at("off", mode)
        control(place, place.arrive())


@pytest.mark.parametrize("mode", ["off", "required"])
def test_f4_an_article_that_nobody_takes(at, certs, mode):
    """A server that does not know TAKETHIS reads the article as commands: STARTTLS is not among them."""
    place = at(mode, "off")
    client = place.arrive()
    if mode == "required":
        client.upgrade(certs.client_context())
    client.send(b"TAKETHIS <x@example.org>\r\nSTARTTLS\r\n")
    assert client.line().startswith(b"500 ")
    assert client.line().startswith((b"500 ", b"502 "))
    assert b"STARTTLS" not in bytes(place.upstream.connection().plain)
    control(place, client)
