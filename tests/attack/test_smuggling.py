"""SMTP smuggling (M1): byte sequences that only some servers take for the end of a message pass unchanged."""

import pytest
from common import control

from pysupport.rig import Rig, pairs
from pysupport.smtp import Server

SEQUENCES = [b"\n.\n", b"\n.\r", b"\r.\n", b"\r.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\x00.\r\n"]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("smtp", "lmtp"))
    yield rig
    rig.close()


@pytest.mark.parametrize("mode", pairs("smtp", "lmtp"), ids="-".join)
def test_m1_byte_for_byte(rig, certs, mode):
    place = rig.at(*mode)
    tls = None if place.server == "off" else certs.server_context()
    fake = Server(protocol=place.protocol, tls=tls, implicit=place.server == "implicit")
    client = place.serve(fake).arrive()
    client.hello()
    if place.client in ("opportunistic", "required"):
        client.upgrade(certs.client_context())
        client.hello()
    smuggled = b"MAIL FROM:<smuggled@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nboo"
    # A letter on either side, so that no two sequences together form a real end of the message.
    body = b"".join(b"x" + sequence + smuggled for sequence in SEQUENCES) + b"\r\n"
    assert body.count(b"\r\n.\r\n") == 0
    replies = client.mail(body, recipients=1)
    assert replies[-1] == b"250 2.0.0 taken\r\n"
    assert fake.messages == [body], "one message, unchanged"
    control(place, client)


@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
def test_m1_in_one_segment_with_the_envelope(rig, sequence):
    """The filter is still active when MAIL arrives; it must not read what follows MAIL in the same segment."""
    place = rig.at("smtp", "off", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    body = b"a" + sequence + b"STARTTLS\r\nb\r\n"
    client.send(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n" + body + b".\r\n")
    assert [client.reply()[:3] for _ in range(4)] == [b"250", b"250", b"354", b"250"]
    assert fake.messages == [body]
    control(place, client)
