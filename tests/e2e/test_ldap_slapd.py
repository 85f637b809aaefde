"""slapd with ldapsearch, ldapwhoami and openssl through the proxy: slapd without TLS, clients without TLS, both with TLS,
implicit TLS on either leg, and the probe.
"""

import hashlib
import json
import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.ldap import OID, Client, bind, result, root_dse
from pysupport.ldap_servers import LARGE, MANY, slapd
from pysupport.proxy import run
from pysupport.timing import Deadline


@pytest.fixture(scope="module")
def plain(certs, folder):
    with slapd(folder / "plain", certs) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def secure(certs, folder):
    with slapd(folder / "secure", certs, tls=True) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def proxy(front, plain, secure):
    def leg(port, tls):
        return {"address": f"127.0.0.1:{port}", "tls": tls}

    return front(
        {
            "front": ("ldap", "required", leg(plain.port, "off")),
            "public": ("ldap", "opportunistic", leg(plain.port, "off")),
            "wrapped": ("ldap", "implicit", leg(plain.port, "off")),
            "sidecar": ("ldap", "off", leg(secure.port, "required")),
            "sidecar-implicit": ("ldap", "off", leg(secure.ldaps, "implicit")),
            "sidecar-if-offered": ("ldap", "off", leg(plain.port, "opportunistic")),
            "no-tls-behind": ("ldap", "off", leg(plain.port, "required")),
            "gateway": ("ldap", "required", leg(secure.port, "required")),
            "gateway-implicit": ("ldap", "implicit", leg(secure.ldaps, "implicit")),
            "untouched": ("ldap", "off", leg(secure.port, "off")),
        }
    )


class Result:
    def __init__(self, done):
        self.status, self.out = done.returncode, done.stdout
        self.text = (done.stdout[:2000] + done.stderr).decode(errors="replace")


def tool(folder, port, how, name, *options):
    """`how`: "plain", "starttls" (or nothing), "ldaps"."""
    url = f"ldap{'s' if how == 'ldaps' else ''}://127.0.0.1:{port}"
    command = ["env", "LDAPTLS_CACERT=/mnt/certs/ca.pem", name, "-x", "-H", url, *(["-ZZ"] if how == "starttls" else [])]
    done = subprocess.run(
        inside("clients", folder, [*command, *options]), stdin=subprocess.DEVNULL, capture_output=True, timeout=Deadline(40).left()
    )
    return Result(done)


def search(folder, port, how, *options):
    return tool(folder, port, how, "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", "dc=example,dc=org", *options)


def good(proxy, name):
    record = proxy.record(name)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


# Listener, how the client connects, whether its own leg and the server leg use TLS.
WAYS = [
    ("front", "starttls", True, False),
    ("public", "starttls", True, False),
    ("public", "plain", False, False),
    ("wrapped", "ldaps", True, False),
    ("sidecar", "plain", False, True),
    ("sidecar-implicit", "plain", False, True),
    ("sidecar-if-offered", "plain", False, False),
    ("gateway", "starttls", True, True),
    ("gateway-implicit", "ldaps", True, True),
]


@pytest.mark.parametrize("name, how, client, server", WAYS, ids=[f"{way[0]}-{way[1]}" for way in WAYS])
def test_every_entry_arrives_as_it_is(proxy, plain, folder, name, how, client, server):
    result = search(folder, proxy.port(name), how)
    direct = search(folder, plain.port, "plain")
    assert result.status == 0 and direct.status == 0, result.text
    assert result.out.count(b"dn: ") == MANY + 2 and len(result.out) > LARGE
    assert hashlib.sha256(result.out).digest() == hashlib.sha256(direct.out).digest()
    record = good(proxy, name)
    assert (record["client_tls"] != "plain", record["server_tls"] != "plain") == (client, server), record


@pytest.mark.parametrize("name, how", [(way[0], way[1]) for way in WAYS], ids=[f"{way[0]}-{way[1]}" for way in WAYS])
def test_who_am_i(proxy, folder, name, how):
    result = tool(folder, proxy.port(name), how, "ldapwhoami")
    assert result.status == 0 and b"anonymous" in result.out, result.text
    good(proxy, name)


@pytest.mark.parametrize("name", ["front", "gateway"])
def test_a_client_without_tls_is_refused(proxy, folder, name):
    result = search(folder, proxy.port(name), "plain", "-s", "base")
    assert result.status == 13 and "Confidentiality required" in result.text, result.text
    assert proxy.record(name)["end"] == "tls_required"


def test_a_server_that_insists_refuses_the_same_way(proxy, folder):
    result = search(folder, proxy.port("untouched"), "plain", "-s", "base")
    assert result.status == 13, result.text
    good(proxy, "untouched")


def test_starttls_where_it_is_off(proxy, folder):
    """A client that requires StartTLS fails."""
    result = search(folder, proxy.port("untouched"), "starttls", "-s", "base")
    assert result.status != 0 and "Protocol error (2)" in result.text, result.text
    proxy.record("untouched")


def test_a_server_without_tls_where_it_is_required(proxy, folder):
    result = search(folder, proxy.port("no-tls-behind"), "plain", "-s", "base")
    assert result.status != 0 and result.out == b"", result.text
    assert proxy.record("no-tls-behind")["end"] == "starttls_not_offered"


def extensions(client):
    """The root DSE before any Bind, which ldapsearch cannot request."""
    found = client.ask(root_dse(1))
    assert b"1.3.6.1.4.1.4203.1.11.3" in found
    return OID in found


def test_starttls_is_shown_where_it_is_to_be_had(proxy, certs):
    client = Client(proxy.port("public"))
    assert extensions(client)
    client.upgrade(certs.client_context())
    assert not extensions(client)
    client.quit()
    good(proxy, "public")


@pytest.mark.parametrize("name", ["front", "public", "gateway"])
def test_openssl(proxy, folder, name):
    line = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port(name)}", "-starttls", "ldap", "-quiet",
            "-servername", "localhost", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error",
            "-verify_hostname", "localhost"]  # fmt: skip
    process = subprocess.Popen(inside("clients", folder, line), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)  # fmt: skip
    try:
        process.stdin.write(bind(2))
        process.stdin.flush()
        answer = process.stdout.read(len(result(2, 0x61, 0)))
    finally:
        process.kill()
        process.communicate()
    assert answer == result(2, 0x61, 0)
    proxy.record(name)


def test_probe(secure, certs):
    done = run(["probe", "--protocol", "ldap", f"localhost:{secure.port}", "--json", "--ca", certs.ca])
    assert done.returncode == 0, done.stderr
    assert "TLSv1.3" in json.dumps(json.loads(done.stdout))


def test_probe_without_tls(plain):
    done = run(["probe", "--protocol", "ldap", f"127.0.0.1:{plain.port}", "--insecure"])
    assert done.returncode == 1 and "StartTLS" in done.stdout + done.stderr


def test_starttls_between_two_of_us(front, secure, folder):
    behind = front({"behind": ("ldap", "required", {"address": f"127.0.0.1:{secure.port}", "tls": "required"})})
    before = front({"before": ("ldap", "off", {"address": f"127.0.0.1:{behind.port('behind')}", "tls": "required"})})
    assert search(folder, before.port("before"), "plain", "-s", "base").status == 0
    good(before, "before")
    good(behind, "behind")
