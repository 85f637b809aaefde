"""slapd, as the tests need it."""

import shutil

from pysupport.daemons import Daemon, certificate, free_port, place, start

ENTRIES = """dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: example
"""


def slapd(folder, certs, tls=False):
    """slapd with one entry; tls: it insists on StartTLS. Sets `.port`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        secure = "TLSCertificateFile /mnt/cert.pem\nTLSCertificateKeyFile /mnt/key.pem\nsecurity tls=1\n" if tls else ""
        text = f"""include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{secure}database mdb
suffix "dc=example,dc=org"
directory /mnt/data
"""
        place(folder)
        (folder / "slapd.conf").write_text(text)
        (folder / "entries.ldif").write_text(ENTRIES)
        (folder / "data").mkdir()
        certificate(folder, certs)
        script = "/usr/sbin/slapadd -f /mnt/slapd.conf -l /mnt/entries.ldif && "
        script += f"exec /usr/sbin/slapd -d 0 -f /mnt/slapd.conf -h ldap://127.0.0.1:{port}"
        daemon = Daemon("servers", folder, ["sh", "-c", script], [port])
        daemon.port = port
        return daemon

    return start(build)
