"""INN's nnrpd with Python's nntplib and openssl s_client through the proxy."""

import hashlib
import json
import subprocess
import warnings

import pytest

from pysupport.daemons import inside
from pysupport.nntp_servers import GROUP, nnrpd
from pysupport.proxy import BINARY
from pysupport.timing import STEP

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import nntplib


@pytest.fixture(scope="module")
def servers(certs, folder):
    with nnrpd(folder / "legacy", certs) as legacy, nnrpd(folder / "modern", certs, tls=True) as modern:
        yield legacy, modern


@pytest.fixture(scope="module")
def proxies(servers, front):
    def to(server, mode):
        return {"address": f"127.0.0.1:{server.port}", "tls": mode}

    legacy, modern = servers
    return front(
        {
            "front": ("nntp", "required", to(legacy, "off")),
            "opportunistic": ("nntp", "opportunistic", to(legacy, "off")),
            "wrapped-front": ("nntp", "implicit", to(legacy, "off")),
            "sidecar": ("nntp", "off", to(modern, "required")),
            "sidecar-opportunistic": ("nntp", "off", to(modern, "opportunistic")),
            "gateway": ("nntp", "required", to(modern, "required")),
            "stripped": ("nntp", "off", to(legacy, "required")),
        }
    )


def read(port, certs, tls):
    """What a news reader sees of the server: greeting, groups, help text."""
    context = certs.client_context()
    if tls == "implicit":
        session = nntplib.NNTP_SSL("localhost", port, ssl_context=context, timeout=STEP)
    else:
        session = nntplib.NNTP("localhost", port, timeout=STEP)
    with session:
        if tls == "starttls":
            session.starttls(context)
            assert "STARTTLS" not in session.getcapabilities()
        groups = session.list()[1]
        assert [group.group for group in groups] == [GROUP]
        assert session.group(GROUP)[4] == GROUP
        return session.getwelcome(), hashlib.sha256("\n".join(session.help()[1]).encode()).hexdigest()


USES = [
    ("front", "starttls"), ("opportunistic", "starttls"), ("opportunistic", None), ("wrapped-front", "implicit"),
    ("sidecar", None), ("sidecar-opportunistic", None), ("gateway", "starttls"),
]  # fmt: skip


@pytest.mark.parametrize("name,tls", USES)
def test_a_reader(servers, proxies, certs, name, tls):
    behind = servers[name in ("sidecar", "sidecar-opportunistic", "gateway")]
    assert read(proxies.port(name), certs, tls) == read(behind.port, certs, None), "the same as without the proxy"
    record = proxies.record(name)
    assert (record["client_tls"] != "plain") == (tls is not None)
    assert (record["server_tls"] != "plain") == (behind is servers[1])
    assert (record["end"], record["blame"]) in (("closed", "none"), ("truncated", "client")), record


def test_without_tls_is_refused(proxies, certs):
    with pytest.raises(nntplib.NNTPError) as refused:
        read(proxies.port("front"), certs, None)
    assert "483" in str(refused.value)
    assert proxies.record("front")["end"] == "tls_required"


def test_a_server_without_tls_is_refused(proxies, certs):
    with pytest.raises(nntplib.NNTPError) as refused:
        read(proxies.port("stripped"), certs, None)
    assert "400" in str(refused.value)
    assert proxies.record("stripped")["end"] == "starttls_refused", "nnrpd offers STARTTLS even without a certificate"


@pytest.mark.parametrize("name", ["front", "opportunistic", "gateway"])
def test_openssl(folder, proxies, name):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{proxies.port(name)}", "-servername", "localhost", "-quiet"]
    command += ["-crlf", "-CAfile", "/mnt/certs/ca.pem", "-verify_return_error", "-starttls", "nntp"]
    process = subprocess.Popen(
        inside("clients", folder, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        text = process.communicate(f"GROUP {GROUP}\nQUIT\n".encode(), timeout=STEP)[0].decode()
    finally:
        process.kill()
    assert "211 " in text and "205 " in text, text
    assert proxies.record(name)["client_tls"] != "plain"


@pytest.mark.parametrize("which", [0, 1])
def test_probe(certs, servers, which):
    command = [BINARY, "probe", "--protocol", "nntp", f"localhost:{servers[which].port}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    report = json.loads(done.stdout)
    assert report["greeting"][:3] in ("200", "201")
    assert report["starttls"] is True, "without a certificate nnrpd offers STARTTLS, and then refuses it"
    assert done.returncode == 1 - which
    if which:
        assert "STARTTLS" in report["capabilities_before"] and "STARTTLS" not in report["capabilities_after"]
        assert report["verification"]["result"] == "passed"
