"""Certificates of private CAs, created with the openssl command once a run."""

import pathlib
import ssl
import subprocess

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True)


class Leaf:
    """The files of a certificate chain and its key."""

    def __init__(self, chain, key):
        self.chain, self.key = str(chain), str(key)


class Certs:
    """Two CAs and the certificates that they issued, as files in `folder`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca, ca_key = self._authority("ca")
        self.other_ca, other_key = self._authority("other-ca")
        self.ecdsa = self._leaf("ecdsa", self.ca, ca_key)
        self.rsa = self._leaf("rsa", self.ca, ca_key, algorithm="rsa")
        self.wrong_name = self._leaf("wrong-name", self.ca, ca_key, names="subjectAltName=DNS:elsewhere.example")
        self.unknown_ca = self._leaf("unknown-ca", self.other_ca, other_key)
        self.expired = self._expired("expired", self.ca, ca_key)
        self.mismatched = Leaf(self.ecdsa.chain, self.unknown_ca.key)

    def _key(self, name, algorithm="ec"):
        path = self.folder / f"{name}.key"
        how = ["rsa", "rsa_keygen_bits:2048"] if algorithm == "rsa" else ["ec", "ec_paramgen_curve:P-256"]
        _openssl("genpkey", "-algorithm", how[0], "-pkeyopt", how[1], "-out", path)
        path.chmod(0o644)  # daemons that run as other users read it too; the folder is private to this run
        return path

    def _authority(self, name):
        key, path = self._key(name), self.folder / f"{name}.pem"
        _openssl("req", "-x509", "-new", "-key", key, "-subj", f"/CN=Test {name}", "-days", "30", "-out", path)
        return str(path), key

    def _request(self, name, names, algorithm):
        key = self._key(name, algorithm)
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"{names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        return key, request, extensions

    def _leaf(self, name, ca, ca_key, names=NAMES, algorithm="ec"):
        key, request, extensions = self._request(name, names, algorithm)
        path = self.folder / f"{name}.pem"
        signing = ["-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", extensions]
        _openssl("x509", "-req", "-in", request, *signing, "-days", "30", "-out", path)
        return Leaf(path, key)

    def _expired(self, name, ca, ca_key):
        key, request, extensions = self._request(name, NAMES, "ec")
        path, config = self.folder / f"{name}.pem", self.folder / f"{name}.cnf"
        (self.folder / f"{name}.index").write_text("")
        config.write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.folder}/{name}.index\nnew_certs_dir={self.folder}\n"
            f"rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
        )
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
        signing = ["-cert", ca, "-keyfile", ca_key, "-extfile", extensions]
        _openssl("ca", "-batch", "-config", config, "-in", request, *signing, *dates, "-notext", "-out", path)
        return Leaf(path, key)

    def server_context(self, *leaves, **options):
        """A server context with these certificates (default: the ECDSA one)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for leaf in leaves or (self.ecdsa,):
            context.load_cert_chain(leaf.chain, leaf.key)
        return _adjust(context, **options)

    def client_context(self, **options):
        """A client context that trusts our CA and checks the host name."""
        context = ssl.create_default_context(cafile=self.ca)
        return _adjust(context, **options)


def _adjust(context, highest=None, ciphers=None, alpn=None):
    if highest is not None:
        context.maximum_version = highest
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if alpn is not None:
        context.set_alpn_protocols(alpn)
    return context
