"""What the attack tests share: a mail that must pass where nobody attacks."""

from pysupport.smtp import BODY


def control(place, client, server, hello=True):
    """The control of an attack: from here on the session is as any other, and its mail arrives as it was sent."""
    if hello:
        assert client.hello().startswith(b"250")
    replies = client.mail()
    assert replies[-1] == b"250 2.0.0 taken\r\n", replies
    assert server.messages[-1] == BODY
    assert client.quit().startswith(b"221 ")
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    return record


def aborted(place, client, end, blame):
    """The session is over for the client, and the record says why. Returns what the client still got."""
    rest = client.rest()
    client.close()
    record = place.record(client)
    ends = end if isinstance(end, tuple) else (end,)
    assert record["end"] in ends and record["blame"] == blame, record
    return rest


def hello_word(place):
    return b"LHLO" if place.lmtp else b"EHLO"


def all_seen(place, index=0):
    """Every byte that reached the upstream on that connection, once it is over."""
    channel = place.upstream.finished(index)
    return bytes(channel.plain + channel.inside)
