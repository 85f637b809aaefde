"""Less common but legitimate SMTP dialogues, which the table does not contain."""

import pytest

from pysupport.rig import Rig, pairs
from pysupport.smtp import BANNER, BODY, Server


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("smtp", "lmtp"))
    yield rig
    rig.close()


def finish(place, client, fake):
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    assert fake.messages[-1] == BODY
    assert client.quit().startswith(b"221 ")
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")


HELO_ONLY = {b"EHLO": b"500 5.5.1 what?\r\n"}


@pytest.mark.parametrize("client_mode", ["off", "opportunistic"])
@pytest.mark.parametrize("server_mode", ["off", "opportunistic"])
def test_a_server_that_knows_only_helo(rig, client_mode, server_mode):
    place = rig.at("smtp", client_mode, server_mode)
    fake = Server(on=HELO_ONLY)
    client = place.serve(fake).arrive()
    assert client.hello() == HELO_ONLY[b"EHLO"], "the server's own reply"
    assert client.command(b"HELO client.example.org").startswith(b"250 ")
    finish(place, client, fake)


@pytest.mark.parametrize("client_mode", ["required", "implicit"])
def test_a_server_that_knows_only_helo_behind_tls(rig, certs, client_mode):
    place = rig.at("smtp", client_mode, "off")
    fake = Server(on=HELO_ONLY)
    client = place.serve(fake).arrive()
    if client_mode == "required":
        # The proxy's own reply, because the server does not know EHLO.
        assert client.hello() == b"250-old.example.net\r\n250 STARTTLS\r\n"
        client.upgrade(certs.client_context())
    assert client.command(b"HELO client.example.org").startswith(b"250 ")
    finish(place, client, fake)


@pytest.mark.parametrize("pair", pairs("smtp"), ids="-".join)
def test_a_greeting_of_several_lines(rig, certs, pair):
    place = rig.at(*pair)
    banner = b"220-old.example.net ESMTP\r\n220-No spam.\r\n220 \ttabs and  all \r\n"
    tls = None if place.server == "off" else certs.server_context()
    fake = Server(banner=banner, tls=tls, implicit=place.server == "implicit")
    client = place.serve(fake).arrive()
    assert client.greeting == banner
    client.hello()
    if place.client == "required":
        client.upgrade(certs.client_context())
        client.hello()
    finish(place, client, fake)


@pytest.mark.parametrize("client_mode", ["off", "opportunistic", "required", "implicit"])
@pytest.mark.parametrize("server_mode", ["off", "opportunistic"])
def test_a_server_that_refuses_service(rig, client_mode, server_mode):
    place = rig.at("smtp", client_mode, server_mode)

    def busy(channel):
        channel.send(b"554 5.3.2 old.example.net takes no mail today\r\n")
        if channel.some():
            channel.send(b"221 bye\r\n")

    client = place.serve(busy).arrive()
    assert client.greeting == b"554 5.3.2 old.example.net takes no mail today\r\n"
    if client_mode != "required":  # without TLS nothing else is allowed, and the server is no longer there to offer it
        assert client.command(b"QUIT").startswith(b"221 ")
    assert client.rest() == b"", "the server must end first, or the client's FIN would cut its reply short"
    client.close()
    assert place.record(client)["end"] == "closed"


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_pipelining_through_a_filter(rig, protocol):
    """The whole envelope, and the next message's, in as few segments as the protocol allows."""
    place = rig.at(protocol, "opportunistic", "off")
    fake = Server(protocol=place.protocol)
    client = place.serve(fake).arrive()
    client.hello()
    client.send(b"NOOP\r\nRSET\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
    assert [client.reply()[:3] for _ in range(5)] == [b"250", b"250", b"250", b"250", b"354"]
    client.send(BODY + b".\r\nMAIL FROM:<c@example.com>\r\nRSET\r\n")
    assert [client.reply()[:3] for _ in range(3)] == [b"250", b"250", b"250"]
    finish(place, client, fake)


@pytest.mark.parametrize("mode", ["off", "opportunistic", "implicit"])
def test_byte_by_byte(rig, certs, mode):
    place = rig.at("smtp", mode, "off")
    fake = Server()
    client = place.serve(fake).arrive()
    for byte in b"EHLO slow.example\r\n":
        client.send(bytes([byte]))
    assert client.reply().startswith(b"250")
    if mode == "opportunistic":
        for byte in b"STARTTLS\r\n":
            client.send(bytes([byte]))
        assert client.reply().startswith(b"220 ")
        client.start_tls(certs.client_context(), "localhost")
        assert client.hello().startswith(b"250")
    for byte in b"MAIL FROM:<slow@example.com>\r\n":
        client.send(bytes([byte]))
    assert client.reply() == b"250 2.0.0 fine: MAIL FROM:<slow@example.com>\r\n"
    client.command(b"RSET")
    finish(place, client, fake)


def test_a_server_that_answers_byte_by_byte(rig, certs):
    place = rig.at("smtp", "opportunistic", "required")

    class Slow(Server):
        def __call__(self, channel):
            send = channel.send
            channel.send = lambda data: [send(data[i : i + 1]) for i in range(len(data))]
            super().__call__(channel)

    fake = Slow(tls=certs.server_context())
    client = place.serve(fake).arrive()
    assert client.greeting == BANNER
    assert client.hello().count(b"STARTTLS") == 1
    client.upgrade(certs.client_context())
    client.hello()
    finish(place, client, fake)


def test_auth_within_the_filter(rig, certs):
    """A login through the filter behind the client's TLS: AUTH's continuation lines are passed on."""

    def auth(channel, _):
        channel.send(b"334 VXNlcm5hbWU6\r\n")
        assert channel.line() == b"dXNlcg==\r\n"
        channel.send(b"334 UGFzc3dvcmQ6\r\n")
        assert channel.line() == b"c2VjcmV0\r\n"
        channel.send(b"235 2.7.0 welcome\r\n")

    place = rig.at("smtp", "required", "off")
    fake = Server(on={b"AUTH": auth}, capabilities=[b"AUTH LOGIN PLAIN", b"SIZE 400000000"])
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    assert b"AUTH LOGIN PLAIN" in client.hello()
    assert client.command(b"AUTH LOGIN") == b"334 VXNlcm5hbWU6\r\n"
    assert client.command(b"dXNlcg==") == b"334 UGFzc3dvcmQ6\r\n"
    assert client.command(b"c2VjcmV0").startswith(b"235 ")
    finish(place, client, fake)
    log = "\n".join(rig.proxy.lines)
    assert "c2VjcmV0" not in log and "dXNlcg" not in log, "a credential was logged"
