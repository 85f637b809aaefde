"""Starts Dovecot's POP3 server."""

import shutil

from pysupport.daemons import OWNER, Daemon, certificate, free_port, place, start

USER, PASSWORD = "mrose", "tanstaaf"


def dovecot_pop3(folder, certs, messages=(), tls="no"):
    """Dovecot with these messages in one mailbox. Sets `.ports`: plain (STLS according to `tls`: no, yes, required), implicit.

    Dovecot trusts a peer with the server's own address. "required" refuses logins without TLS only on 127.0.0.2.
    """

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {"plain": free_port(), "implicit": free_port()}
        security = f"ssl = {tls}\n"
        if tls != "no":
            security += "ssl_cert = </mnt/cert.pem\nssl_key = </mnt/key.pem\n"
        text = f"""
protocols = pop3
log_path = /dev/stderr
base_dir = /run/dovecot
state_dir = /run/dovecot
mail_location = maildir:/mnt/mail/%n
first_valid_uid = 500
login_greeting = Dovecot is ready
login_trusted_networks =
disable_plaintext_auth = {"yes" if tls == "required" else "no"}
auth_mechanisms = plain apop
{security}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN /mnt/users
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home=/mnt/mail/%n
}}
service pop3-login {{
  inet_listener pop3 {{
    address = 127.0.0.1, 127.0.0.2
    port = {ports["plain"]}
  }}
  inet_listener pop3s {{
    address = 127.0.0.1, 127.0.0.2
    port = {0 if tls == "no" else ports["implicit"]}
  }}
}}
"""
        place(folder, users=f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (folder / "dovecot.conf").write_text(text)
        certificate(folder, certs)
        deliver(folder / "mail" / USER, messages)
        answering = [ports["plain"], *([] if tls == "no" else [ports["implicit"]])]
        daemon = Daemon("mail", folder, ["dovecot", "-F", "-c", "/mnt/dovecot.conf"], answering)
        daemon.ports = ports
        return daemon

    return start(build)


def deliver(maildir, messages):
    """Puts messages (bytes) into a Maildir that OWNER owns."""
    for name in ("", "new", "cur", "tmp"):
        (maildir / name).mkdir()
    for number, message in enumerate(messages):
        (maildir / "new" / f"{1000 + number}.{number}.test").write_bytes(message)
    for path in [maildir, *maildir.rglob("*")]:
        shutil.chown(path, OWNER, OWNER)
