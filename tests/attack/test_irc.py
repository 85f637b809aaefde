"""What attackers try on IRC: commands and answers in plaintext behind the upgrade, state carried over it, framing."""

import ssl

import pytest
from common import aborted, all_seen

from pysupport.channel import Ended
from pysupport.irc import BULK, Server
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
    """at(client, server, …): the place, with a fake that works but for what is asked otherwise."""

    def find(client, server="off", **options):
        place = rig.at("irc", client, server)
        options.setdefault("tls", None if server == "off" else rig.certs.server_context())
        return place.serve(Server(**options))

    return find


@pytest.fixture(params=[pair[1:] for pair in FRONT], ids="-".join)
def place(at, request):
    return at(*request.param)


def control(place, client):
    """From here on the session is as any other."""
    client.register()
    assert client.bulk() == BULK
    assert client.quit().startswith(b"ERROR :Closing link: (a@old")
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")


def only_the_go_ahead(got):
    lines = got.split(b"\r\n")
    answers = [line for line in lines if line and b" NOTICE " not in line and line[:1] != b"\x15"]
    assert len(answers) == 1 and answers[0].split()[1] == b"670", got


# -- C1 to C4


# What the proxy itself says to an upstream that lists tls.
ASKED = b"CAP LS\r\nCAP END\r\nSTARTTLS\r\n"
INJECTED = [b"NICK injected\r\n", b"CAP LS\r\n", b"QUIT\r\n", b"injected"]


@pytest.mark.parametrize("what", INJECTED)
def test_c1_in_the_same_segment(place, what):
    client = place.arrive()
    client.send(b"STARTTLS\r\n" + what)
    only_the_go_ahead(aborted(place, client, "plaintext_after_starttls", "client"))
    seen = all_seen(place)
    assert seen == (b"" if place.name.endswith("-off") else ASKED), "the proxy's own alone"


def test_c1_control(place, certs):
    client = place.arrive()
    client.upgrade(certs.client_context())
    control(place, client)


def test_c2_a_command_in_two_halves(place, certs):
    client = place.arrive()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=b"STARTTLS\r\nQU", go_ahead=lambda c: c.reply())
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
    assert client.command(b"STARTTLS").split()[1] == b"670"
    client.send(b"NICK injected\r\n")
    rest = aborted(place, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert b"injected" not in all_seen(place)


# -- F1 to F4


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


MALFORMED = {
    "bare-lf": b"PING 1\nSTARTTLS\r\n",
    "lf-only": b"STARTTLS\n",
    "nul": b"STARTTLS\0\r\n",
    "nul-before": b"\0STARTTLS\r\n",
    "overlong": b"STARTTLS" + b" " * 20000 + b"\r\n",
    "cr-inside": b"START\rTLS\r\n",
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
    assert b" 670 " not in rest and b" PONG " not in rest, rest
    client.close()
    assert place.record(client)["client_tls"] == "plain"
    assert all_seen(place) == b""


@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize("mode", ["opportunistic", "required", "implicit"])
def test_f4_again_inside_tls(at, certs, mode, multiline):
    place = at(mode, offer="always", multiline=multiline)
    client = place.arrive()
    if mode != "implicit":
        assert client.capabilities().count(b"tls") == 1
        client.upgrade(certs.client_context())
    assert b"tls" not in client.capabilities(), "P1"
    assert client.command(b"STARTTLS").split()[1] == b"691"
    control(place, client)
    assert b"STARTTLS\r\n" not in all_seen(place)


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
    """A server that says the first of these, lists tls, and then, to each line from STARTTLS on, says the next."""

    def behaviour(channel):
        channel.send(answers[0])
        assert channel.line() == b"CAP LS\r\n"
        channel.send(b":s CAP * LS :tls\r\n")
        assert channel.line() == b"CAP END\r\n"
        for answer in answers[1:]:
            channel.line()
            channel.send(answer)
        channel.rest()

    return behaviour


NOTICE = b":s NOTICE * :injected\r\n"
GO = b":s 670 * :go\r\n"
RESPONSES = {
    "r1": ([NOTICE, GO + b":s 001 a :injected\r\n"], "plaintext_after_starttls"),
    "r1-notice": ([b"", GO + NOTICE], "plaintext_after_starttls"),
    "r2": ([NOTICE, GO + b":s 001 inj"], "plaintext_after_starttls"),
    "r3": ([GO + b":s CAP * LS :injected\r\n", b""], "protocol_error"),
    "r3-refusal": ([b":s 691 * :injected\r\n", b""], "protocol_error"),
    "endless": ([NOTICE * 1000, GO], "protocol_error"),
    "no-line": ([b"injected\n", GO], "protocol_error"),
}


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("mode", ["required", "opportunistic"])
def test_r_injected_answers(rig, name, mode):
    answers, end = RESPONSES[name]
    place = rig.at("irc", "off", mode).serve(upstream(*answers))
    client = place.arrive()
    rest = aborted(place, client, end, "server")
    assert rest.startswith(b"ERROR :Closing Link: ") and b"injected" not in rest, rest


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
    assert all_seen(place) == ASKED


@pytest.mark.parametrize("mode", ["required", "opportunistic"])
def test_s1_a_server_that_is_silent_to_starttls(rig, mode):
    """As InspIRCd without its module is. It lists no tls, so it is not asked at all."""
    place = rig.at("irc", "off", mode).serve(Server(on={b"STARTTLS": lambda channel, line: True}))
    client = place.arrive()
    if mode == "required":
        assert aborted(place, client, "starttls_not_offered", "server").startswith(b"ERROR :Closing Link: ")
    else:
        assert b"tls" not in client.capabilities()
        control(place, client)
        assert b" CAP " not in bytes(client.plain).partition(b" CAP * LS ")[0], "nobody asked for what we asked"
    assert b"STARTTLS" not in all_seen(place)


def test_what_came_before_tls_is_forgotten(at):
    place = at("off", "required", banner=NOTICE)
    client = place.arrive()
    control(place, client)
    assert b"injected" not in bytes(client.plain)


def test_r_and_s_control(at):
    for mode in ("required", "opportunistic"):
        place = at("off", mode)
        control(place, place.arrive())
