#!/bin/bash
# no_openssl_test.sh BINARY: it must load no TLS library beside the BoringSSL that is linked into it; their symbols clash.
set -euo pipefail

libraries=$(ldd "$1")
grep -q 'libc\.so' <<< "$libraries" || { echo "cannot read the libraries of $1: $libraries" >&2; exit 1; }
! grep -E 'lib(ssl|crypto|gnutls|mbedtls|nss3)' <<< "$libraries" || exit 1
