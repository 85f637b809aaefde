"""Starts Postfix, Dovecot's LMTP server, Exim and OpenSMTPD."""

import shutil

from pysupport.daemons import OWNER, Daemon, certificate, free_port, place, start

POSTFIX_MAIN = f"""
compatibility_level = 3.6
maillog_file = /dev/stdout
queue_directory = /mnt/queue
data_directory = /mnt/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example.net
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
smtp_host_lookup = native
virtual_mailbox_domains = example.net
virtual_mailbox_base = /mnt/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{OWNER}
virtual_gid_maps = static:{OWNER}
virtual_minimum_uid = 100
message_size_limit = 400000000
virtual_mailbox_limit = 0
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
smtpd_tls_cert_file = /mnt/cert.pem
smtpd_tls_key_file = /mnt/key.pem
smtp_tls_CAfile = /mnt/ca.pem
"""

POSTFIX_MASTER = """
pickup    unix  n  -  n  60    1    pickup
cleanup   unix  n  -  n  -     0    cleanup
qmgr      unix  n  -  n  300   1    qmgr
tlsmgr    unix  -  -  n  1000? 1    tlsmgr
rewrite   unix  -  -  n  -     -    trivial-rewrite
bounce    unix  -  -  n  -     0    bounce
defer     unix  -  -  n  -     0    bounce
trace     unix  -  -  n  -     0    bounce
verify    unix  -  -  n  -     1    verify
proxymap  unix  -  -  n  -     -    proxymap
smtp      unix  -  -  n  -     -    smtp
error     unix  -  -  n  -     -    error
retry     unix  -  -  n  -     -    error
discard   unix  -  -  n  -     -    discard
virtual   unix  -  n  n  -     -    virtual
anvil     unix  -  -  n  -     1    anvil
scache    unix  -  -  n  -     1    scache
postlog   unix-dgram n - n -   1    postlogd
"""


def postfix(folder, certs, ports, main=""):
    """Postfix with an smtpd for each of `ports` (name → its smtpd_tls_security_level); sets `.ports` by name."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        numbers = {name: free_port() for name in ports}
        services = "".join(
            f"127.0.0.1:{numbers[name]} inet n - n - - smtpd\n  -o smtpd_tls_security_level={level}\n"
            for name, level in ports.items()
        )
        place(folder, etc__main_cf=POSTFIX_MAIN + main, etc__master_cf=POSTFIX_MASTER + services)
        for name in ("main", "master"):
            (folder / "etc" / f"{name}_cf").rename(folder / "etc" / f"{name}.cf")
        for name in ("queue", "data"):
            (folder / name).mkdir()
        certificate(folder, certs)
        script = "chown postfix /mnt/data && exec postfix -c /mnt/etc start-fg"
        daemon = Daemon("mail", folder, ["sh", "-c", script], numbers.values())
        daemon.ports = numbers
        return daemon

    return start(build)


def dovecot_lmtp(folder, certs, tls=False):
    """Dovecot's LMTP server; sets `.port`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        security = "ssl = yes\nssl_cert = </mnt/cert.pem\nssl_key = </mnt/key.pem\n" if tls else "ssl = no\n"
        text = f"""
protocols = lmtp
log_path = /dev/stderr
base_dir = /run/dovecot
state_dir = /run/dovecot
mail_location = maildir:/mnt/mail/%n
first_valid_uid = 500
{security}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home=/mnt/mail/%n allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""
        place(folder)
        (folder / "dovecot.conf").write_text(text)
        certificate(folder, certs)
        daemon = Daemon("mail", folder, ["dovecot", "-F", "-c", "/mnt/dovecot.conf"], [port])
        daemon.port = port
        return daemon

    return start(build)


def exim(folder, certs):
    """Exim with one port without TLS and one that requires it; sets `.ports`: plain and tls."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        ports = {"plain": free_port(), "tls": free_port()}
        text = f"""
primary_hostname = exim.example.net
local_interfaces = <; 127.0.0.1.{ports["plain"]} ; 127.0.0.1.{ports["tls"]}
spool_directory = /mnt/spool
log_file_path = /mnt/log/%slog
tls_certificate = /mnt/cert.pem
tls_privatekey = /mnt/key.pem
tls_advertise_hosts = ${{if eq{{$received_port}}{{{ports["tls"]}}}{{*}}{{}}}}
message_size_limit = 400M
acl_smtp_mail = mail
acl_smtp_rcpt = accept
begin acl
mail:
  deny
    condition = ${{if and{{{{eq{{$received_port}}{{{ports["tls"]}}}}}{{!def:tls_in_cipher}}}}}}
    message = 530 5.7.0 TLS first
  accept
begin routers
all:
  driver = accept
  transport = inbox
begin transports
inbox:
  driver = appendfile
  directory = /mnt/mail/inbox
  maildir_format
  user = {OWNER}
  group = {OWNER}
begin retry
* * F,1h,1m
"""
        place(folder, etc__exim4_conf=text)
        (folder / "etc" / "exim4_conf").rename(folder / "etc" / "exim4.conf")
        certificate(folder, certs)
        (folder / "key.pem").chmod(0o644)
        for name in ("spool", "log"):
            (folder / name).mkdir()
        binds = [f"{folder / 'etc'}:/etc/exim4"]
        script = "chown Debian-exim: /mnt/spool /mnt/log && exec exim4 -bdf -q10m"
        daemon = Daemon("second", folder, ["sh", "-c", script], ports.values(), binds)
        daemon.ports = ports
        return daemon

    return start(build)


def opensmtpd(folder, _certs):
    """Accepts mail for example.net and keeps it. Sets `.port`."""

    def build():
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        text = f"""
listen on 127.0.0.1 port {port}
action "keep" maildir "/tmp/mail"
match from any for domain "example.net" action "keep"
"""
        place(folder)
        (folder / "smtpd.conf").write_text(text)
        (folder / "spool" / "smtpd").mkdir(parents=True)
        (folder / "spool" / "smtpd").chmod(0o711)
        daemon = Daemon("fifth", folder, ["smtpd", "-d", "-f", "/mnt/smtpd.conf"], [port], [f"{folder / 'spool'}:/var/spool"])
        daemon.port = port
        return daemon

    return start(build)
