"""Dovecot's POP3 server with curl, fetchmail, poplib and openssl through the proxy, in all useful modes."""

import json
import os
import poplib
import ssl
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.pop3 import Client
from pysupport.pop3_servers import PASSWORD, USER, dovecot_pop3
from pysupport.proxy import BINARY
from pysupport.timing import STEP

LARGE = b"Subject: large\n\n" + b"".join(b"%s\n" % os.urandom(35).hex().encode() for _ in range(20_000))
SMALL = b"From: <a@example.com>\nSubject: small\n\n.\n..\nSTLS\n+OK\nthe end\n"
MESSAGES = [LARGE, SMALL]


@pytest.fixture(scope="module")
def servers(certs, folder):
    with dovecot_pop3(folder / "legacy", certs, MESSAGES) as legacy, dovecot_pop3(
        folder / "modern", certs, MESSAGES, tls="required"
    ) as modern:
        yield legacy, modern


@pytest.fixture(scope="module")
def proxies(servers, front):
    legacy, modern = servers

    def to(port, mode):
        return {"address": f"127.0.0.2:{port}", "tls": mode}

    old, new, wrapped = legacy.ports["plain"], modern.ports["plain"], modern.ports["implicit"]
    return front(
        {
            "front": ("pop3", "required", to(old, "off")),
            "opportunistic": ("pop3", "opportunistic", to(old, "off")),
            "wrapped-front": ("pop3", "implicit", to(old, "off")),
            "sidecar": ("pop3", "off", to(new, "required")),
            "sidecar-implicit": ("pop3", "off", to(wrapped, "implicit")),
            "gateway": ("pop3", "required", to(new, "required")),
            "stripped": ("pop3", "off", to(old, "required")),
        }
    )


def crlf(message):
    return message.replace(b"\n", b"\r\n")


def curl(folder, port, tls, number=1, host="127.0.0.1"):
    scheme = "pop3s" if tls == "implicit" else "pop3"
    command = ["curl", "-sS", f"{scheme}://{host}:{port}/{number}", "--user", f"{USER}:{PASSWORD}"]
    command += ["--cacert", "/mnt/certs/ca.pem", *(["--ssl-reqd"] if tls else [])]
    done = subprocess.run(inside("clients", folder, command), capture_output=True, timeout=STEP, check=False)
    return done.stdout if done.returncode == 0 else done.stderr.decode()


def python(folder, port, tls, number=1, host="localhost"):
    context = ssl.create_default_context(cafile=str(folder / "certs" / "ca.pem"))
    try:
        if tls == "implicit":
            session = poplib.POP3_SSL("localhost", port, context=context, timeout=STEP)
        else:
            session = poplib.POP3(host, port, timeout=STEP)
        if tls == "starttls":
            session.stls(context=context)
        session.user(USER)
        session.pass_(PASSWORD)
        lines = session.retr(number)[1]
        session.quit()
    except (poplib.error_proto, OSError) as error:
        return repr(error)
    return b"".join(line + b"\r\n" for line in lines)


def fetchmail(folder, port, tls, number=1):
    """Fetches all messages; returns the last one that fetchmail gave to its delivery agent."""
    security = {None: "sslproto ''", "starttls": "sslproto 'TLS1.2+'", "implicit": "ssl"}[tls]
    control = f"""poll localhost service {port} protocol POP3 username "{USER}" password "{PASSWORD}" {security}
      sslcertck sslcertfile "/mnt/certs/ca.pem" fetchall keep norewrite mda "cat >/tmp/mail-$$; cp /tmp/mail-$$ /mnt/fetched/"
    """
    fetched = folder / "fetched"
    fetched.mkdir(exist_ok=True)
    for old in fetched.iterdir():
        old.unlink()
    (folder / "fetchmailrc").write_text(control)
    script = "cp /mnt/fetchmailrc /tmp/rc && chmod 700 /tmp/rc && HOME=/tmp fetchmail -f /tmp/rc --nosyslog --pidfile /tmp/pid"
    done = subprocess.run(
        inside("clients", folder, ["sh", "-c", script]), capture_output=True, timeout=STEP, check=False
    )
    text = (done.stdout + done.stderr).decode(errors="replace")
    bodies = [path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2] for path in fetched.iterdir()]
    wanted = MESSAGES[number - 1].partition(b"\n\n")[2]
    return crlf(MESSAGES[number - 1]) if any(body.rstrip(b"\n") == wanted.rstrip(b"\n") for body in bodies) else text


CLIENTS = {"curl": curl, "poplib": python, "fetchmail": fetchmail}
USES = [
    ("front", "starttls"), ("opportunistic", "starttls"), ("opportunistic", None), ("wrapped-front", "implicit"),
    ("sidecar", None), ("sidecar-implicit", None), ("gateway", "starttls"),
]  # fmt: skip


@pytest.mark.parametrize("name,tls", USES)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_large_message(folder, proxies, name, tls, client):
    got = CLIENTS[client](folder, proxies.port(name), tls)
    assert got == crlf(LARGE), got[-400:]
    record = proxies.record(name)
    assert (record["client_tls"] != "plain") == (tls is not None)
    assert (record["server_tls"] != "plain") == (name in ("sidecar", "sidecar-implicit", "gateway"))
    assert record["bytes_out"] > len(LARGE)
    assert (record["end"], record["blame"]) in (("closed", "none"), ("truncated", "client")), record


@pytest.mark.parametrize("client", ["curl", "poplib"])
def test_dots_and_words_in_a_message(folder, proxies, client):
    assert CLIENTS[client](folder, proxies.port("front"), "starttls", 2) == crlf(SMALL)
    proxies.record("front")


@pytest.mark.parametrize("client", ["curl", "poplib"])
def test_without_tls_is_refused(folder, proxies, client):
    got = CLIENTS[client](folder, proxies.port("front"), None)
    assert isinstance(got, str), "no message"
    record = proxies.record("front")
    assert (record["end"], record["blame"]) == ("tls_required", "client")


@pytest.mark.parametrize("client", ["curl", "poplib"])
def test_a_server_without_tls_is_refused(folder, proxies, client):
    assert isinstance(CLIENTS[client](folder, proxies.port("stripped"), None), str)
    record = proxies.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


@pytest.mark.parametrize("client", ["curl", "poplib"])
def test_the_server_itself_refuses_without_tls(folder, servers, client):
    """The control of the sidecar: without the proxy, a client without TLS gets nothing."""
    assert isinstance(CLIENTS[client](folder, servers[1].ports["plain"], None, host="127.0.0.2"), str)


def test_apop_with_the_servers_own_stamp(proxies, certs):
    client = Client(proxies.port("front"))
    client.arrive()
    assert b"<" in client.greeting, client.greeting
    client.upgrade(certs.client_context())
    assert client.apop().startswith(b"+OK")
    assert client.quit().startswith(b"+OK")
    proxies.record("front")


@pytest.mark.parametrize("name", ["front", "opportunistic", "gateway"])
def test_openssl(folder, proxies, name):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxies.port(name)}", "-servername", "localhost", "-quiet"]
    command += ["-crlf", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-starttls", "pop3"]
    process = subprocess.Popen(
        inside("clients", folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        text = process.communicate(f"USER {USER}\nPASS {PASSWORD}\nSTAT\nQUIT\n".encode(), timeout=STEP)[0].decode()
    finally:
        process.kill()
    assert "+OK 2 " in text, text
    assert proxies.record(name)["client_tls"] != "plain"


@pytest.mark.parametrize("which", [0, 1])
def test_probe(certs, servers, which):
    command = [BINARY, "probe", "--protocol", "pop3", f"localhost:{servers[which].ports['plain']}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    report = json.loads(done.stdout)
    assert report["greeting"].startswith("+OK ")
    assert report["starttls"] is bool(which)
    assert done.returncode == 1 - which
    if which:
        assert "STLS" in report["capabilities_before"] and "STLS" not in report["capabilities_after"]
        assert report["verification"]["result"] == "passed"
