"""`starlock probe` against Debian's mail servers."""

import json
import subprocess

import pytest

from pysupport.mail_servers import dovecot_lmtp, exim, postfix
from pysupport.proxy import BINARY
from pysupport.timing import STEP


@pytest.fixture(scope="module")
def ports(certs, folder):
    levels = {"plain": "none", "encrypt": "encrypt", "wrapped": "encrypt\n  -o smtpd_tls_wrappermode=yes"}
    mail, second = postfix(folder / "postfix", certs, levels), exim(folder / "exim", certs)
    with mail, second, dovecot_lmtp(folder / "dovecot", certs, tls=True) as lmtp:
        yield {
            "postfix": mail.ports["encrypt"], "postfix-plain": mail.ports["plain"], "exim": second.ports["tls"],
            "wrapped": mail.ports["wrapped"], "dovecot": lmtp.port,
        }  # fmt: skip


def probe(certs, protocol, port):
    command = [BINARY, "probe", "--protocol", protocol, f"localhost:{port}", "--json", "--ca", certs.ca]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STEP, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("protocol, name", [("smtp", "postfix"), ("smtp", "exim"), ("lmtp", "dovecot")])
def test_what_they_offer(certs, ports, protocol, name):
    status, report = probe(certs, protocol, ports[name])
    assert status == 0, report
    assert report["greeting"].startswith("220 ")
    assert report["starttls"] is True
    assert "STARTTLS" in report["capabilities_before"]
    assert report["tls"]["version"] == "TLSv1.3"
    assert report["chain"][0]["subject"] == "CN=ecdsa"
    assert report["verification"]["result"] == "passed"
    assert report["capabilities_after"] and "STARTTLS" not in report["capabilities_after"]


def test_one_that_knows_no_tls(certs, ports):
    status, report = probe(certs, "smtp", ports["postfix-plain"])
    assert status == 1
    assert report["starttls"] is False
    assert report["error"]["end"] == "starttls_not_offered"


def test_implicit_tls(certs, ports):
    status, report = probe(certs, "tcp", ports["wrapped"])
    assert status == 0, report
    assert report["tls"]["version"] == "TLSv1.3"
