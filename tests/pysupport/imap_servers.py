"""Starts Dovecot and Cyrus as IMAP servers: without TLS, or with required STARTTLS and implicit TLS."""

import shutil

from pysupport.daemons import OWNER, Daemon, certificate, free_port, place, start

# The password of every user (Cyrus accepts any).
PASSWORD = "open_sesame"


def dovecot(folder, certs, tls=False):
    """Dovecot; sets `.port`, and with `tls` also `.implicit`.

    With `tls` it requires TLS, except for a peer with the server's own address. To be refused, connect to 127.0.0.2.
    """

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port, implicit = free_port(), free_port()
        security = "ssl = required\nssl_cert = </mnt/cert.pem\nssl_key = </mnt/key.pem\n" if tls else "ssl = no\n"
        listeners = {"imap": f"address = 127.0.0.1, 127.0.0.2\n    port = {port}", "imaps": "port = 0"}
        if tls:
            listeners["imaps"] = f"address = 127.0.0.1, 127.0.0.2\n    port = {implicit}\n    ssl = yes"
        inet = "\n".join(f"  inet_listener {name} {{\n    {text}\n  }}" for name, text in listeners.items())
        text = f"""
protocols = imap
log_path = /dev/stderr
base_dir = /run/dovecot
state_dir = /run/dovecot
mail_location = maildir:/mnt/mail/%n
first_valid_uid = 500
default_vsz_limit = 512M
{security}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home=/mnt/mail/%n
}}
service imap-login {{
{inet}
}}
"""
        place(folder)
        (folder / "dovecot.conf").write_text(text)
        certificate(folder, certs)
        daemon = Daemon("mail", folder, ["dovecot", "-F", "-c", "/mnt/dovecot.conf"], [port] + [implicit] * tls)
        daemon.port, daemon.implicit = port, implicit
        return daemon

    return start(build)


def cyrus(folder, certs, tls=False):
    """Cyrus; sets `.port`, and with `tls` also `.implicit`. With `tls` it allows no login without TLS."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port, implicit = free_port(), free_port()
        security = "tls_server_cert: /mnt/cert.pem\ntls_server_key: /mnt/key.pem\n" if tls else ""
        text = f"""
configdirectory: /mnt/lib
proc_path: /mnt/run/proc
mboxname_lockpath: /mnt/run/lock
defaultpartition: default
partition-default: /mnt/spool
duplicate_db_path: /mnt/run/deliver.db
statuscache_db_path: /mnt/run/statuscache.db
tls_sessions_db_path: /mnt/run/tls_sessions.db
idlesocket: /mnt/run/idle
notifysocket: /mnt/run/notify
servername: cyrus.example.net
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
autocreate_quota: 0
allowplaintext: {"no" if tls else "yes"}
sasl_mech_list: PLAIN
sasl_pwcheck_method: alwaystrue
{security}"""
        services = f'  imap cmd="/usr/lib/cyrus/bin/imapd -C /mnt/imapd.conf" listen="127.0.0.1:{port}" prefork=1\n'
        if tls:
            services += (
                f'  imaps cmd="/usr/lib/cyrus/bin/imapd -s -C /mnt/imapd.conf" listen="127.0.0.1:{implicit}" prefork=1\n'
            )
        begin = '  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C /mnt/imapd.conf -r"\n'
        place(folder)
        (folder / "imapd.conf").write_text(text)
        (folder / "cyrus.conf").write_text(f"START {{\n{begin}}}\nSERVICES {{\n{services}}}\nEVENTS {{\n}}\n")
        certificate(folder, certs)
        (folder / "key.pem").chmod(0o644)
        for name in ("lib", "run", "spool"):
            (folder / name).mkdir()
        script = (
            "chown -R cyrus:mail /mnt/lib /mnt/run /mnt/spool && "
            "exec /usr/lib/cyrus/bin/master -D -C /mnt/imapd.conf -M /mnt/cyrus.conf -p /mnt/run/master.pid"
        )
        daemon = Daemon("second", folder, ["sh", "-c", script], [port] + [implicit] * tls)
        daemon.port, daemon.implicit = port, implicit
        return daemon

    return start(build)
