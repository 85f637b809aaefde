"""Upstreams that cannot be reached, stay silent or vanish: the client gets an error in its own protocol."""

import re
import socket

import pytest

from pysupport.channel import End
from pysupport.proxy import Proxy
from pysupport.rig import Rig, certificates, listener
from pysupport.smtp import BANNER, Client, Server
from pysupport.timing import milliseconds
from pysupport.upstream import Upstream, refusing_port, resetting, silent

MODES = ("off", "opportunistic", "required", "implicit")
PAIRS = [("smtp", client, server) for client in MODES for server in MODES] + [("lmtp", "required", "off")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def hasty(certs, folder):
    """A rig with half a second for the whole negotiation."""
    rig = Rig(certs, folder, [*PAIRS, ("tcp", "off", "implicit")], {"negotiation_timeout": milliseconds(500)})
    yield rig
    rig.close()


def failed(place, client, ends, blame="server"):
    """The greeting is a temporary failure, and then the connection closes in order."""
    assert re.match(rb"421 4\.\d\.\d ", client.greeting), client.greeting
    assert client.rest() == b""
    assert client.end is (End.CLOSE_NOTIFY if place.client == "implicit" else End.FIN)
    client.close()
    record = place.record(client)
    assert record["end"] in ends and record["blame"] == blame, record
    return record


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_refuses_the_connection(certs, folder, mode, protocol):
    holder, port = refusing_port()
    rig = Rig(certs, folder, [(protocol, mode, "off")], server={"address": f"127.0.0.1:{port}"})
    place = rig.at(protocol, mode, "off")
    failed(place, place.arrive(), ["connect_failed"])
    holder.close()
    rig.close()


def test_tcp_has_no_words_and_is_reset(certs, folder):
    holder, port = refusing_port()
    rig = Rig(certs, folder, [("tcp", "off", "off")], server={"address": f"127.0.0.1:{port}"})
    client = rig.at("tcp", "off", "off").dial_before_the_reset()
    assert client.rest() == b"" and client.end is End.RESET
    record = rig.proxy.record(client)
    assert (record["end"], record["blame"]) == ("connect_failed", "server")
    holder.close()
    rig.close()


def test_the_next_address_is_tried(certs, folder):
    holder, port = refusing_port()
    upstream = Upstream(Server())
    rig = Rig(certs, folder, [("smtp", "off", "off")], server={"address": [f"127.0.0.1:{port}", upstream.address]})
    client = rig.at("smtp", "off", "off").arrive()
    assert client.greeting == BANNER
    client.quit()
    assert rig.proxy.record(client)["server"] == upstream.address
    holder.close()
    rig.close()


def test_a_name_that_does_not_resolve(certs, folder):
    rig = Rig(certs, folder, [("smtp", "off", "off")], server={"address": "no-such-host.invalid:25"})
    place = rig.at("smtp", "off", "off")
    failed(place, place.arrive(), ["resolve_failed"])
    rig.close()


def test_does_not_answer_the_connection(certs, folder):
    """A full backlog drops the SYN: connect_timeout ends the attempt."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    address = full.getsockname()
    fillers = []
    for _ in range(3):
        fillers.append(socket.socket())
        fillers[-1].setblocking(False)
        fillers[-1].connect_ex(address)
    rig = Rig(
        certs, folder, [("smtp", "off", "off")], {"connect_timeout": milliseconds(400)},
        server={"address": f"127.0.0.1:{address[1]}"},
    )  # fmt: skip
    place = rig.at("smtp", "off", "off")
    failed(place, place.arrive(), ["connect_failed", "timeout"])
    rig.close()
    for each in (full, *fillers):
        each.close()


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_is_silent(hasty, pair):
    place = hasty.at(*pair).serve(silent)
    record = failed(place, place.arrive(), ["timeout"])
    assert record["duration_ms"] >= 450
    assert place.upstream.finished().end is not None


def after(lines, then, certs):
    """A server that works up to this line (0: it sends only the greeting), and then calls `then`."""

    def behaviour(channel):
        channel.send(BANNER)
        for number in range(lines):
            line = channel.line()
            if number == lines - 1:
                break
            channel.send(b"250-x\r\n250 STARTTLS\r\n" if line[1:4] == b"HLO" else b"220 go\r\n")
        then(channel)

    behaviour.certs = certs
    return behaviour


STEPS = {"the-hello": 1, "starttls": 2}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("client", MODES)
def test_falls_silent(hasty, certs, client, step):
    place = hasty.at("smtp", client, "required").serve(after(STEPS[step], silent, certs))
    failed(place, place.arrive(), ["timeout"])


def test_falls_silent_in_the_handshake(hasty):
    def behaviour(channel):
        channel.send(BANNER)
        channel.line()
        channel.send(b"250-x\r\n250 STARTTLS\r\n")
        channel.line()
        channel.send(b"220 go\r\n")
        channel.rest()

    place = hasty.at("smtp", "off", "required").serve(behaviour)
    failed(place, place.arrive(), ["timeout"])


def test_tcp_falls_silent_in_the_handshake(hasty):
    place = hasty.at("tcp", "off", "implicit").serve(silent)
    client = place.dial()
    assert client.rest() == b"" and client.end is End.RESET
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("timeout", "server")


@pytest.mark.parametrize("client", MODES)
def test_resets_at_once(rig, client):
    place = rig.at("smtp", client, "required").serve(resetting)
    failed(place, place.arrive(), ["reset", "connect_failed"])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("client", MODES)
def test_resets_in_mid_negotiation(rig, certs, client, step):
    place = rig.at("smtp", client, "required").serve(after(STEPS[step], resetting, certs))
    failed(place, place.arrive(), ["reset"])


@pytest.mark.parametrize("client", ["off", "required"])
def test_resets_in_the_handshake(rig, client):
    def behaviour(channel):
        channel.send(BANNER)
        channel.line()
        channel.send(b"250-x\r\n250 STARTTLS\r\n")
        channel.line()
        channel.send(b"220 go\r\n")
        channel.exactly(5)
        channel.reset()

    place = rig.at("smtp", client, "required").serve(behaviour)
    failed(place, place.arrive(), ["reset", "handshake_failed"])


@pytest.mark.parametrize("step", STEPS)
def test_half_closes_in_mid_negotiation(rig, certs, step):
    def half_close(channel):
        channel.half_close()
        channel.rest()

    place = rig.at("smtp", "off", "required").serve(after(STEPS[step], half_close, certs))
    record = failed(place, place.arrive(), ["closed", "reset", "truncated", "protocol_error", "handshake_failed"])
    assert record["server_tls"] == "plain"


@pytest.mark.parametrize("client,server", [("off", "off"), ("required", "off"), ("off", "required"), ("implicit", "implicit")])
def test_resets_in_mid_data(rig, certs, client, server):
    place = rig.at("smtp", client, server)

    def data(channel, _):
        channel.send(b"354 go on\r\n")
        channel.until(b"half a mess")
        channel.reset()
        return False

    tls = None if server == "off" else certs.server_context()
    session = place.serve(Server(tls=tls, implicit=server == "implicit", on={b"DATA": data})).arrive()
    session.hello()
    if client == "required":
        session.upgrade(certs.client_context())
        session.hello()
    for command in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.net>", b"DATA"):
        session.command(command)
    session.send(b"half a mess")
    assert session.rest() == b""
    assert session.end in (End.RESET, End.TRUNCATED), "a reset became an orderly end"
    assert client != "off" or session.end is End.RESET
    session.close()
    record = place.record(session)
    assert (record["end"], record["blame"]) == ("reset", "server")


@pytest.mark.parametrize("client,server", [("off", "off"), ("required", "off"), ("off", "required"), ("implicit", "implicit")])
def test_half_closes_in_relay(rig, certs, client, server):
    """After the server's half-close, the client's data still arrives."""
    place = rig.at("smtp", client, server)

    def mail(channel, _):
        channel.send(b"250 my last word\r\n")
        channel.half_close()
        assert channel.rest() == b"RSET\r\n" * 1000
        return False

    tls = None if server == "off" else certs.server_context()
    on = {b"MAIL": mail, b"AUTH": b"235 2.7.0 in\r\n"}
    session = place.serve(Server(tls=tls, implicit=server == "implicit", on=on)).arrive()
    session.hello()
    if client == "required":
        session.upgrade(certs.client_context())
        session.hello()
    session.command(b"AUTH PLAIN AGEAYg==")  # from here on the session is relayed
    assert session.command(b"MAIL FROM:<a@example.com>") == b"250 my last word\r\n"
    assert session.rest() == b""
    assert session.end is (End.FIN if client == "off" else End.CLOSE_NOTIFY)
    session.send(b"RSET\r\n" * 1000)
    session.half_close()
    seen = place.upstream.finished()
    assert seen.end is (End.FIN if server == "off" else End.CLOSE_NOTIFY)
    record = place.record(session)
    assert (record["end"], record["blame"]) == ("closed", "none")
    session.close()


def test_one_dead_upstream_does_not_harm_another(certs, folder):
    class Dead:
        name, protocol, client, server = "dead", "smtp", "off", "off"
        upstream = Upstream(silent)

    class Alive(Dead):
        name = "alive"
        upstream = Upstream(Server())

    with Proxy({"workers": 1, "certificates": certificates(certs),
                "limits": {"drain_timeout": "1s"},
                "listeners": [listener(certs, Dead), listener(certs, Alive)]}, folder) as proxy:  # fmt: skip
        stuck = [Client(proxy.port("dead")) for _ in range(20)]
        for _ in range(5):
            client = Client(proxy.port("alive"))
            assert client.reply() == BANNER
            client.quit()
        for each in stuck:
            each.close()
