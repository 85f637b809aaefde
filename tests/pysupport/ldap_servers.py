"""Starts slapd."""

import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

ENTRIES = """dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: example
"""
LARGE = 100000  # bytes of one value
MANY = 600  # number of entries


def entries():
    """The LDIF: a few single entries, one with a value that is larger than any buffer, and many small ones."""
    found = [ENTRIES]
    values = {"large": "x" * LARGE, **{f"u{number}": f"unit {number} " + "y" * 300 for number in range(MANY)}}
    for name, text in values.items():
        found.append(f"dn: ou={name},dc=example,dc=org\nobjectClass: organizationalUnit\nou: {name}\ndescription: {text}\n")
    return "\n".join(found)


def slapd(folder, certs, tls=False):
    """slapd. With `tls` it requires TLS: StartTLS on `.port`, implicit TLS on `.ldaps`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port, ldaps = free_port(), free_port()
        secure = "TLSCertificateFile /mnt/cert.pem\nTLSCertificateKeyFile /mnt/key.pem\nsecurity tls=1\n" if tls else ""
        text = f"""include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{secure}database mdb
suffix "dc=example,dc=org"
directory /mnt/data
sizelimit unlimited
"""
        place(folder)
        (folder / "slapd.conf").write_text(text)
        (folder / "entries.ldif").write_text(entries())
        (folder / "data").mkdir()
        certificate(folder, certs)
        script = "/usr/sbin/slapadd -f /mnt/slapd.conf -l /mnt/entries.ldif && "
        urls = f"ldap://127.0.0.1:{port}" + (f" ldaps://127.0.0.1:{ldaps}" if tls else "")
        script += f"exec /usr/sbin/slapd -d 0 -f /mnt/slapd.conf -h '{urls}'"
        daemon = Daemon("servers", folder, ["sh", "-c", script], [port, ldaps] if tls else [port])
        daemon.port, daemon.ldaps = port, ldaps
        return daemon

    return start(build)
