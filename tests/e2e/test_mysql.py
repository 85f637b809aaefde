"""MariaDB's server and client with us between them: TLS on either leg, on both and on none."""

import subprocess

import pytest

from pysupport.daemons import inside
from pysupport.mysql_servers import mariadb
from pysupport.timing import Deadline


@pytest.fixture(scope="module")
def proxies(certs, folder, front):
    with mariadb(folder / "plain", certs, tls=False) as plain, mariadb(folder / "strict", certs) as strict:
        bare = {"tls": "off", "address": f"127.0.0.1:{plain.port}"}
        safe = {"tls": "required", "address": f"127.0.0.1:{strict.port}"}
        yield front(
            {
                "front": ("mysql", "required", bare),
                "optional": ("mysql", "opportunistic", bare),
                "sidecar": ("mysql", "off", safe),
                "gateway": ("mysql", "required", safe),
            }
        )


def query(proxies, folder, name, user, sql, tls, password="secret"):
    options = ["--ssl", "--ssl-ca=/mnt/certs/ca.pem", "--ssl-verify-server-cert"] if tls else ["--skip-ssl"]
    host = "localhost" if tls else "127.0.0.1"
    command = ["mariadb", "--no-defaults", "--protocol=tcp", "-h", host, "-P", proxies.port(name), "-u", user]
    command += [f"-p{password}", "-N", "-B", *options, "trial", "-e", sql]
    done = subprocess.run(
        inside("clients", folder, command), stdin=subprocess.DEVNULL, capture_output=True, timeout=Deadline(40).left()
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


CASES = [("front", True), ("optional", True), ("optional", False), ("sidecar", False), ("gateway", True)]


@pytest.mark.parametrize("user", ["native", "signing"])
@pytest.mark.parametrize("name, tls", CASES)
def test_login_and_prepared(proxies, folder, name, tls, user):
    sql = "prepare s from 'select sha2(?, 256)'; set @a = repeat('x', 100000); execute s using @a"
    status, text = query(proxies, folder, name, user, sql, tls)
    assert status == 0 and len(text.strip()) == 64, text
    record = proxies.record(name)
    assert (record["client_tls"] != "plain") == tls
    assert (record["server_tls"] != "plain") == (name in ("sidecar", "gateway"))


@pytest.mark.parametrize("name, tls", CASES)
def test_a_wrong_password(proxies, folder, name, tls):
    status, text = query(proxies, folder, name, "native", "select 1", tls, "wrong")
    assert status != 0 and "ERROR 1045" in text, text
    proxies.record(name)


def test_without_the_tls_that_is_required(proxies, folder):
    status, text = query(proxies, folder, "front", "native", "select 1", False)
    assert status != 0 and "3159" in text, text
    assert proxies.record("front")["end"] == "tls_required"
