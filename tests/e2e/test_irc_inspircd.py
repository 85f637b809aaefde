"""InspIRCd behind the proxy, with the test client and openssl, in all useful modes."""

import itertools
import json
import subprocess
import threading

import pytest

from pysupport.daemons import inside
from pysupport.irc import Client
from pysupport.irc_servers import inspircd
from pysupport.proxy import BINARY
from pysupport.timing import STEP

_numbers = itertools.count()


@pytest.fixture(scope="module")
def servers(certs, folder):
    with inspircd(folder / "legacy", certs) as legacy, inspircd(folder / "modern", certs, "required") as modern:
        yield legacy, modern


@pytest.fixture(scope="module")
def proxies(servers, front):
    legacy, modern = servers

    def to(port, mode):
        return {"address": f"127.0.0.1:{port}", "tls": mode}

    old, new, wrapped = legacy.ports["plain"], modern.ports["plain"], modern.ports["implicit"]
    return front(
        {
            "front": ("irc", "required", to(old, "off")),
            "opportunistic": ("irc", "opportunistic", to(old, "off")),
            "wrapped-front": ("irc", "implicit", to(old, "off")),
            "sidecar": ("irc", "off", to(new, "required")),
            "sidecar-opportunistic": ("irc", "off", to(new, "opportunistic")),
            "sidecar-implicit": ("irc", "off", to(wrapped, "implicit")),
            "gateway": ("irc", "required", to(new, "required")),
            "both": ("irc", "opportunistic", to(new, "opportunistic")),
        }
    )


def registered(certs, port, tls):
    """A registered client."""
    nick = b"n%d" % next(_numbers)
    client = Client(port)
    if tls == "implicit":
        client.start_tls(certs.client_context(), "localhost")
    if tls == "starttls":
        assert b"tls" in client.capabilities()
        client.upgrade(certs.client_context())
        client.send(b"CAP END\r\n")
    client.register(nick)
    return client, nick


def message_from(client, nick):
    """The text of the next message from `nick`."""
    while not (line := client.line()).startswith(b":" + nick + b"!") or b" PRIVMSG " not in line:
        pass
    return line.partition(b" PRIVMSG ")[2].partition(b" :")[2]


USES = [
    ("front", "starttls"), ("opportunistic", "starttls"), ("opportunistic", None), ("wrapped-front", "implicit"),
    ("sidecar", None), ("sidecar-opportunistic", None), ("sidecar-implicit", None), ("gateway", "starttls"),
    ("both", "starttls"),
]  # fmt: skip


@pytest.mark.parametrize("name,tls", USES)
def test_two_clients_talk(certs, proxies, name, tls):
    port = proxies.port(name)
    (one, first), (two, second) = registered(certs, port, tls), registered(certs, port, tls)
    texts = [b"STARTTLS", b"670 x :go", b"caf\xe9 \xff \x01x\x01"] + [b"%04d " % n + b"x" * 350 for n in range(150)]
    one.send(b"".join(b"PRIVMSG " + second + b" :" + text + b"\r\n" for text in texts))
    assert [message_from(two, first) for _ in texts] == [text + b"\r\n" for text in texts]
    two.send(b"PRIVMSG " + first + b" :and back\r\n")
    assert message_from(one, second) == b"and back\r\n"
    for client in (one, two):
        client.send(b"QUIT :bye\r\n")
        assert b"ERROR :Closing link" in client.rest()
        client.close()
        record = proxies.record(name)
        assert (record["client_tls"] != "plain") == (tls is not None)
        assert (record["server_tls"] != "plain") == (name.startswith(("sidecar", "gateway")) or name == "both")
        assert record["end"] == "closed", record


def test_without_tls_is_refused(proxies):
    client = Client(proxies.port("front"))
    client.send(b"NICK a\r\nUSER a 0 * :a\r\n")
    assert b"TLS is required" in client.rest()
    client.close()
    record = proxies.record("front")
    assert (record["end"], record["blame"]) == ("tls_required", "client")


def test_a_server_without_tls_is_refused(front, servers):
    """InspIRCd without its starttls module ignores STARTTLS, but it does not list tls either."""
    address = f"127.0.0.1:{servers[0].ports['plain']}"
    listeners = {"stripped": ("irc", "off", {"address": address, "tls": "required"})}
    proxies = front(listeners)
    client = Client(proxies.port("stripped"))
    assert client.rest().startswith(b"ERROR :Closing Link: ")
    client.close()
    record = proxies.record("stripped")
    assert (record["end"], record["blame"]) == ("starttls_not_offered", "server")


def test_a_server_without_tls_is_spoken_to_in_plaintext(front, servers):
    """opportunistic: a client registers with or without CAP; the proxy's own CAP leaves no trace."""
    address = f"127.0.0.1:{servers[0].ports['plain']}"
    proxies = front({"fallback": ("irc", "off", {"address": address, "tls": "opportunistic"})})
    direct = Client(servers[0].ports["plain"])
    listed = direct.capabilities()
    direct.close()
    for knows_cap in (True, False):
        client = Client(proxies.port("fallback"))
        if knows_cap:
            assert client.capabilities() == listed
            client.send(b"CAP END\r\n")
        client.register(b"old%d" % knows_cap)
        client.send(b"QUIT :bye\r\n")
        assert client.rest().rstrip().endswith(b"[Quit: bye]")
        client.close()
        record = proxies.record("fallback")
        assert (record["end"], record["server_tls"]) == ("closed", "plain"), record


def test_the_server_itself_refuses_without_tls(servers):
    """The control of the sidecar: without the proxy, a client without TLS is refused."""
    client = Client(servers[1].ports["plain"])
    client.send(b"NICK a\r\nUSER a 0 * :a\r\n")
    heard = client.rest()
    assert b" 001 " not in heard and b"ERROR" in heard, heard
    client.close()


@pytest.mark.parametrize("name", ["front", "gateway"])
def test_openssl(folder, proxies, name):
    """openssl gives up if a NOTICE comes before 670. If TLS is required, there is none."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxies.port(name)}", "-servername", "localhost", "-quiet"]
    command += ["-crlf", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-starttls", "irc"]
    process = subprocess.Popen(
        inside("clients", folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    heard = []
    watchdog = threading.Timer(STEP, process.kill)
    watchdog.start()
    try:
        process.stdin.write(b"NICK openssl\nUSER o 0 * :o\n")
        process.stdin.flush()
        for line in process.stdout:
            heard.append(line.decode())
            if " 001 openssl " in heard[-1]:
                process.stdin.write(b"QUIT :bye\n")
                process.stdin.flush()
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
    text = "".join(heard)
    assert " 001 openssl " in text, text
    assert proxies.record(name)["client_tls"] != "plain"


@pytest.mark.parametrize("which", [0, 1])
def test_probe(certs, servers, which):
    address = f"localhost:{servers[which].ports['plain']}"
    command = [BINARY, "probe", "--protocol", "irc", address, "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    report = json.loads(done.stdout)
    assert report["starttls"] is bool(which), report
    assert done.returncode == 1 - which
    if which:
        assert "tls" in report["capabilities_before"]  # also inside TLS: InspIRCd always lists it
        assert report["verification"]["result"] == "passed"
