"""TLS for the bulk load, on Debian's OpenSSL through ctypes, with large buffers on both directions.

Python's own ssl module makes two system calls a record read and one a record written: the load would be slower than
the proxies it is to saturate.
"""

import ctypes
import ctypes.util

BATCH = 262144  # bytes that one read or write of the socket carries at most
_READ_AHEAD, _BIO_BUFFER_SIZE, _BIO_FLUSH, _PEM = 41, 117, 11, 1

_lib = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
for _name, _result, _arguments in (
    ("TLS_client_method", "p", ""),
    ("TLS_server_method", "p", ""),
    ("SSL_CTX_new", "p", "p"),
    ("SSL_CTX_ctrl", "l", "pilp"),
    ("SSL_CTX_set_default_read_buffer_len", None, "pl"),
    ("SSL_CTX_use_certificate_chain_file", "i", "pz"),
    ("SSL_CTX_use_PrivateKey_file", "i", "pzi"),
    ("SSL_new", "p", "p"),
    ("SSL_free", None, "p"),
    ("SSL_set_bio", None, "ppp"),
    ("SSL_connect", "i", "p"),
    ("SSL_accept", "i", "p"),
    ("SSL_read_ex", "i", "pplp"),
    ("SSL_write_ex", "i", "pplp"),
    ("SSL_shutdown", "i", "p"),
    ("SSL_get_current_cipher", "p", "p"),
    ("SSL_CIPHER_get_name", "z", "p"),
    ("BIO_new_socket", "p", "ii"),
    ("BIO_f_buffer", "p", ""),
    ("BIO_new", "p", "p"),
    ("BIO_push", "p", "pp"),
    ("BIO_ctrl", "l", "pilp"),
    ("BIO_int_ctrl", "l", "pili"),
):
    _types = {"p": ctypes.c_void_p, "l": ctypes.c_long, "i": ctypes.c_int, "z": ctypes.c_char_p, None: None}
    _function = getattr(_lib, _name)
    _function.restype, _function.argtypes = _types[_result], [_types[_code] for _code in _arguments]


class Failure(OSError):
    """TLS went wrong; what OpenSSL knows of it is not asked for."""


class Context:
    """What connections share: a server's with a certificate, else a client's (that does not verify)."""

    def __init__(self, chain=None, key=None):
        self.server = chain is not None
        self.handle = _lib.SSL_CTX_new(_lib.TLS_server_method() if self.server else _lib.TLS_client_method())
        _lib.SSL_CTX_ctrl(self.handle, _READ_AHEAD, 1, None)
        _lib.SSL_CTX_set_default_read_buffer_len(self.handle, BATCH)
        if self.server:
            loaded = _lib.SSL_CTX_use_certificate_chain_file(self.handle, chain.encode()) == 1
            if not loaded or _lib.SSL_CTX_use_PrivateKey_file(self.handle, key.encode(), _PEM) != 1:
                raise Failure("certificate or key")


class Connection:
    """TLS on a blocking socket, with the parts of a socket's interface that the load needs."""

    def __init__(self, context, sock):
        self._sock = sock
        self._ssl = _lib.SSL_new(context.handle)
        reading, writing = (_lib.BIO_new_socket(sock.fileno(), 0) for _ in range(2))
        self._buffer = _lib.BIO_new(_lib.BIO_f_buffer())
        _lib.BIO_int_ctrl(self._buffer, _BIO_BUFFER_SIZE, BATCH + 4096, 1)
        _lib.SSL_set_bio(self._ssl, reading, _lib.BIO_push(self._buffer, writing))
        self._count = ctypes.c_size_t()
        if (_lib.SSL_accept if context.server else _lib.SSL_connect)(self._ssl) != 1:
            raise Failure("handshake")
        self.cipher = _lib.SSL_CIPHER_get_name(_lib.SSL_get_current_cipher(self._ssl)).decode()

    def recv_into(self, buffer, size):
        """At least one byte, unless the peer has ended. `buffer`: of ctypes."""
        if _lib.SSL_read_ex(self._ssl, buffer, size, ctypes.byref(self._count)) != 1:
            return 0
        return self._count.value

    def sendall(self, data):
        """`data`: of type bytes."""
        if _lib.SSL_write_ex(self._ssl, data, len(data), ctypes.byref(self._count)) != 1:
            raise Failure("write")
        if _lib.BIO_ctrl(self._buffer, _BIO_FLUSH, 0, None) != 1:
            raise Failure("flush")

    def close(self):
        _lib.SSL_shutdown(self._ssl)
        _lib.BIO_ctrl(self._buffer, _BIO_FLUSH, 0, None)
        _lib.SSL_free(self._ssl)
        self._sock.close()
