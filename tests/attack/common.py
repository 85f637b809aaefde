"""What the attack tests share: how an attack must end, and the control that shows a session without attack to work."""

from pysupport import ftp, imap, irc, ldap, managesieve, mysql, nntp, pop3, postgres, xmpp
from pysupport.acap import VALUE
from pysupport.smtp import BODY

# These protocols dial the upstream only after the client has spoken.
CLIENT_FIRST = ("ldap", "postgres", "xmpp", "xmpp-server")


def aborted(place, client, end, blame):
    """Checks that the session is over for the client, and what its record says. Returns what the client still received."""
    rest = client.rest()
    client.close()
    record = place.record(client)
    ends = end if isinstance(end, tuple) else (end,)
    assert record["end"] in ends and record["blame"] == blame, record
    return rest


def all_seen(place):
    """Every byte that reached the upstream, on all connections, once they are over."""
    if place.protocol not in CLIENT_FIRST:
        place.upstream.connection()
    channels = [place.upstream.finished(index) for index in range(len(place.upstream.connections))]
    return b"".join(bytes(channel.plain + channel.inside) for channel in channels)


def control(place, client):
    """The control of an attack: the session works like any other, and its content arrives unchanged. Returns its record.

    The upstream is the protocol's fake server. The client has not logged in yet.
    """
    EXCHANGES[place.protocol](place, client)
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


def _smtp(place, client):
    assert client.hello().startswith(b"250")
    replies = client.mail()
    assert replies[-1] == b"250 2.0.0 taken\r\n", replies
    assert place.fake.messages[-1] == BODY
    assert client.quit().startswith(b"221 ")


def _imap(place, client):
    assert client.command(b"LOGIN alice secret")[1].startswith(b"OK ")
    assert client.append()[1].startswith(b"OK ")
    assert place.fake.messages[-1] == imap.MESSAGE
    client.quit()


def _pop3(_, client):
    assert client.apop() == b"+OK welcome\r\n"
    assert client.mail() == pop3.MESSAGE
    assert client.quit().startswith(b"+OK")


def _nntp(place, client):
    assert client.command(b"MODE READER").startswith(b"200 ")
    assert client.article() == nntp.ARTICLE
    assert client.post() == b"240 taken\r\n"
    assert place.fake.posted[-1] == nntp.ARTICLE
    assert client.quit().startswith(b"205 ")


def _ftp(place, client):
    assert client.login().endswith(b"230 in\r\n")
    if client.tls is not None:
        client.protect(place.rig.certs.client_context())
    assert client.get() == (ftp.FILE, b"226 all done\r\n")
    assert client.put(ftp.FILE) == b"226 all done\r\n"
    assert place.fake.stored == [ftp.FILE]
    assert client.quit().startswith(b"221 ")


def _irc(_, client):
    client.register()
    assert client.bulk() == irc.BULK
    assert client.quit().startswith(b"ERROR :Closing link: (a@old")


def _ldap(place, client):
    assert client.ask(ldap.bind(30)) == ldap.result(30, ldap.BIND_RESPONSE, 0)
    client.quit()
    assert ldap.bind(30) in all_seen(place)


def _xmpp(place, client):
    assert b"<mechanisms" in client.open()[1]
    assert client.ask(xmpp.AUTH) == xmpp.SUCCESS
    client.open()
    client.ask(xmpp.STANZA, b"</message>")
    assert place.fake.stanzas[-1] == xmpp.STANZA
    assert client.quit() == xmpp.END


def _acap(place, client):
    assert client.login() == b'a1 OK "welcome"\r\n'
    assert client.store(b"/x/control", b"x", VALUE) == b'a1 OK "stored"\r\n'
    assert place.fake.entries == {(b"/x/control", b"x"): VALUE}
    assert client.search(b"/x/", b"x") == {b"control": VALUE}
    assert client.quit().startswith(b"* BYE ")


def _managesieve(place, client):
    assert client.login() == b'OK "welcome"\r\n'
    assert client.put(b"control", managesieve.SCRIPT) == b'OK "stored"\r\n'
    assert place.fake.scripts == {b"control": managesieve.SCRIPT}
    assert client.get(b"control") == managesieve.SCRIPT
    assert client.quit().startswith(b"OK ")


def _postgres(place, client):
    assert client.login()[:1] == b"R"
    assert client.query(b"select 1")[5:] == b"select 1\x00"
    client.quit()
    assert place.fake.started == [postgres.startup()]


def _mysql(place, client):
    ours, theirs = client.tls is not None, place.server != "off"
    number = 2 if ours else 1
    assert client.log_in(number, ours) == (number + 1, mysql.OK)
    assert client.ping() == (1, mysql.OK)
    client.quit()
    request = mysql.SSL_REQUEST if theirs else b""
    commands = mysql.packet(0, mysql.COM_PING) + mysql.packet(0, mysql.COM_QUIT)
    assert all_seen(place) == request + mysql.response(2 if theirs else 1, theirs) + commands


EXCHANGES = {
    "smtp": _smtp, "lmtp": _smtp, "imap": _imap, "pop3": _pop3, "nntp": _nntp, "ftp": _ftp, "irc": _irc, "ldap": _ldap,
    "xmpp": _xmpp, "xmpp-server": _xmpp, "acap": _acap, "managesieve": _managesieve, "postgres": _postgres, "mysql": _mysql,
}  # fmt: skip


def hello_word(place):
    return b"LHLO" if place.lmtp else b"EHLO"
