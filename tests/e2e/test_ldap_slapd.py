"""slapd and ldapsearch through us."""

import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.ldap_servers import slapd
from pysupport.timing import Deadline


def ldapsearch(folder, port, *options):
    command = ["env", "LDAPTLS_CACERT=/mnt/certs/ca.pem", "ldapsearch", "-x", "-LLL", "-H", f"ldap://127.0.0.1:{port}"]
    command += [*options, "-b", "dc=example,dc=org", "-s", "base", "o"]
    done = subprocess.run(inside("clients", folder, command), capture_output=True, timeout=Deadline(40).left())
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.parametrize("client, server, secured", [
    ("off", "off", False), ("off", "required", True), ("required", "off", False),
    ("opportunistic", "off", False), ("required", "required", True),
])  # fmt: skip
def test_search(front, certs, folder, message, client, server, secured):
    with slapd(folder / f"slapd-{client}-{server}", certs, secured) as daemon:
        proxy = front({"ldap": ("ldap", client, {"address": f"127.0.0.1:{daemon.port}", "tls": server})})
        if client != "off":
            status, text = ldapsearch(message.folder, proxy.port("ldap"), "-ZZ")
            assert status == 0 and "o: example" in text, text
        status, text = ldapsearch(message.folder, proxy.port("ldap"))
        if client == "required":
            assert status == 13, text
        else:
            assert status == 0 and "o: example" in text, text
