#!/bin/bash
# no_openssl_test.sh BINARY: checks that the binary loads no TLS library. Its symbols would clash with those of the BoringSSL
# that is linked into it.
set -euo pipefail

libraries=$(ldd "$1")
grep -q 'libc\.so' <<< "$libraries" || { echo "cannot read the libraries of $1: $libraries" >&2; exit 1; }
! grep -E 'lib(ssl|crypto|gnutls|mbedtls|nss3)' <<< "$libraries" || exit 1
