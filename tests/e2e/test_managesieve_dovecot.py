"""Dovecot's ManageSieve server (Pigeonhole) behind the proxy: without TLS, and with TLS only."""

import base64
import hashlib
import itertools
import json
import subprocess

import pytest

from pysupport.managesieve import Client
from pysupport.managesieve_servers import HOST, PASSWORD, USER, dovecot_sieve, openssl, script, sieve_connect
from pysupport.proxy import BINARY
from pysupport.timing import STEP

NAMES = (f"script{number}" for number in itertools.count())
# Listener → client mode, server, and whether each leg uses TLS.
MODES = {
    "front": ("required", "plain", True, False),
    "public": ("opportunistic", "plain", True, False),
    "front-implicit": ("implicit", "plain", True, False),
    "sidecar": ("off", "tls", False, True),
    "sidecar-opportunistic": ("off", "tls", False, True),
    "sidecar-implicit": ("off", "wrapped", False, True),
    "gateway": ("required", "tls", True, True),
    "gateway-public": ("opportunistic", "tls", True, True),
    "gateway-implicit": ("implicit", "tls", True, True),
}
STARTTLS = [name for name, mode in MODES.items() if mode[0] in ("required", "opportunistic")]
LEGACY = [name for name, mode in MODES.items() if mode[0] == "off"]


@pytest.fixture(scope="module")
def servers(certs, folder):
    with dovecot_sieve(folder / "plain", certs) as plain, dovecot_sieve(folder / "tls", certs, tls=True) as tls:
        yield {"plain": plain, "tls": tls, "wrapped": plain}


@pytest.fixture(scope="module")
def legs(servers, front):
    # Dovecot's own ManageSieve listener with implicit TLS loses wake-ups: without Starlock, a client that sends its first
    # command within a millisecond of the greeting waits for ever, once in some 1,500 logins. So another Starlock wraps it.
    ports = {name: server.ports["sieve"] for name, server in servers.items()}
    plain = {"address": f"{HOST}:{ports['plain']}", "tls": "off"}
    ports["wrapped"] = front({"wrapper": ("managesieve", "implicit", plain)}).port("wrapper")

    def to(server, mode):
        host = "127.0.0.1" if server == "wrapped" else HOST
        return {"address": f"{host}:{ports[server]}", "tls": mode}

    listeners = {}
    for name, (client, server, _, encrypted) in MODES.items():
        mode = {"plain": "off", "tls": "required", "wrapped": "implicit"}[server] if encrypted else "off"
        listeners[name] = ("managesieve", client, to(server, "opportunistic" if "-opp" in name else mode))
    listeners["plain-server-opportunistic"] = ("managesieve", "off", to("plain", "opportunistic"))
    listeners["stripped"] = ("managesieve", "off", to("plain", "required"))
    return front(listeners)


def check(legs, name):
    record = legs.record(name)
    _, _, client, server = MODES[name]
    assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (client, server), record
    for leg in ("client_tls", "server_tls"):
        assert record[leg] == "plain" or record[leg]["version"] == "TLSv1.3"
    return record


def stored(servers, name, script_name):
    return (servers[MODES[name][1]].folder / "mail" / USER / "sieve" / f"{script_name}.sieve").read_bytes()


@pytest.mark.parametrize("name", STARTTLS + LEGACY)
def test_sieve_connect(servers, legs, folder, name):
    text, digest = script(40_000)
    script_name = next(NAMES)
    (folder / "up.sieve").write_bytes(text)
    tls, port = name in STARTTLS, legs.port(name)
    status, said = sieve_connect(folder, port, "upload", script_name, "up.sieve", tls)
    assert status == 0, said
    assert hashlib.sha256(stored(servers, name, script_name)).hexdigest() == digest
    check(legs, name)
    status, said = sieve_connect(folder, port, "list", script_name, tls=tls)
    assert status == 0 and f'"{script_name}"' in said, said
    check(legs, name)
    status, said = sieve_connect(folder, port, "download", script_name, "down.sieve", tls)
    assert status == 0, said
    assert hashlib.sha256((folder / "down.sieve").read_bytes()).hexdigest() == digest
    check(legs, name)


def arrive(certs, legs, name):
    """A test client that has upgraded if it can, and the greeting that counts for it."""
    client = Client(legs.port(name))
    if MODES[name][0] == "implicit":
        client.start_tls(certs.client_context(), "localhost")
    client.arrive()
    if name in STARTTLS:
        assert client.greeting.count(b'"STARTTLS"\r\n') == 1
        client.upgrade(certs.client_context())
    return client


@pytest.mark.parametrize("name", MODES)
def test_a_large_script(servers, legs, certs, name):
    text, digest = script(3_000_000)
    script_name = next(NAMES)
    client = arrive(certs, legs, name)
    assert client.greeting.startswith(b'"IMPLEMENTATION" "Dovecot'), "the server's own greeting"
    assert b'"STARTTLS"' not in client.greeting and b'"SASL" "PLAIN LOGIN"\r\n' in client.greeting
    assert client.command(b'NOOP {3+}\r\na"b').startswith(b"OK (TAG "), "a literal before the login"
    assert client.login(USER.encode(), PASSWORD.encode()).startswith(b"OK ")
    assert client.put(script_name.encode(), text).startswith(b"OK ")
    assert hashlib.sha256(stored(servers, name, script_name)).hexdigest() == digest
    assert hashlib.sha256(client.get(script_name.encode())).hexdigest() == digest
    assert client.quit().startswith(b"OK ")
    record = check(legs, name)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert record["bytes_in"] > len(text) and record["bytes_out"] > len(text)


@pytest.mark.parametrize("name", STARTTLS + ["front-implicit", "gateway-implicit"])
def test_openssl(legs, folder, name):
    said = openssl(folder, legs.port(name), b"LOGOUT\n", name in STARTTLS)
    assert '"SASL" "PLAIN LOGIN"' in said and "Logout completed." in said, said
    check(legs, name)


def test_a_login_of_several_steps(legs, certs):
    client = arrive(certs, legs, "front")
    client.send(b'AUTHENTICATE "LOGIN"\r\n')
    for word in (b"alice", b"secret-of-alice"):
        challenge = client.line()
        if challenge.startswith(b"{"):
            client.line()
        client.send(b'"' + base64.b64encode(word) + b'"\r\n')
    assert client.reply().startswith(b"OK ")
    client.quit()
    check(legs, "front")


def test_without_tls_is_refused(legs):
    client = Client(legs.port("front"))
    client.arrive()
    assert b'"SASL" ""\r\n' in client.greeting
    assert client.login(USER.encode(), PASSWORD.encode()).startswith(b"NO (ENCRYPT-NEEDED) ")
    client.quit()
    record = legs.record("front")
    assert (record["end"], record["blame"]) == ("tls_required", "client")


def test_the_server_itself_refuses_such_a_client(servers, folder):
    """The control of the sidecar: without the proxy, Dovecot refuses a client without TLS."""
    client = Client(servers["tls"].ports["sieve"], HOST)
    client.arrive()
    assert client.login(USER.encode(), PASSWORD.encode()).startswith(b"NO (ENCRYPT-NEEDED) ")
    client.close()


def test_required_where_there_is_none(legs, folder):
    status, said = sieve_connect(folder, legs.port("stripped"), "list", "x", tls=False)
    assert status != 0, said
    record = legs.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


def test_opportunistic_where_there_is_none(legs, folder):
    status, said = sieve_connect(folder, legs.port("plain-server-opportunistic"), "list", "x", tls=False)
    assert status == 0, said
    assert legs.record("plain-server-opportunistic")["server_tls"] == "plain"


def test_a_client_that_declines(legs):
    client = Client(legs.port("public"))
    client.arrive()
    assert client.greeting.count(b'"STARTTLS"\r\n') == 1
    assert client.login(USER.encode(), PASSWORD.encode()).startswith(b"OK ")
    client.quit()
    assert legs.record("public")["client_tls"] == "plain"


def probe(certs, port):
    command = [BINARY, "probe", "--protocol", "managesieve", f"{HOST}:{port}", "--json", "--ca", certs.ca]
    done = subprocess.run(
        [*command, "--server-name", "localhost"], stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False
    )
    return done.returncode, json.loads(done.stdout)


def test_probe(certs, servers):
    status, report = probe(certs, servers["tls"].ports["sieve"])
    assert status == 0, report
    assert report["greeting"].startswith('"IMPLEMENTATION"')
    assert report["starttls"] is True
    assert "STARTTLS" in report["capabilities_before"] and "SASL PLAIN LOGIN" not in report["capabilities_before"]
    assert "STARTTLS" not in report["capabilities_after"] and "SASL PLAIN LOGIN" in report["capabilities_after"]
    assert report["verification"]["result"] == "passed"


def test_probe_where_there_is_no_tls(certs, servers):
    status, report = probe(certs, servers["plain"].ports["sieve"])
    assert status == 1 and report["starttls"] is False
    assert report["error"]["end"] == "starttls_not_offered"
