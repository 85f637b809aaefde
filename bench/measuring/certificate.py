"""The certificate that all proxies and backends of a run use, issued by a CA of its own."""

import subprocess

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


def _issue(name, subject, *options):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    command += ["-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *options]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def make(folder):
    """Creates in `folder`: ca.pem, cert.pem (ECDSA P-256, for localhost), key.pem, and both.pem (certificate and key)."""
    _issue(folder / "ca", "bench CA", "-addext", "keyUsage=critical,keyCertSign")
    leaf = ["-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"]
    _issue(folder / "cert", "localhost", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", *leaf)
    (folder / "cert.key").rename(folder / "key.pem")
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    for name in ("key.pem", "both.pem"):
        (folder / name).chmod(0o644)  # proxies with users of their own read them; the folder is private to this run
