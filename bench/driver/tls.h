#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace starlock::bench {

/// The only TLS parameters that the load accepts, so that every proxy does the same work. As text: words separated by
/// commas, for example "1.3,aes128,x25519,tickets".
struct TlsOptions {
  std::string version = "1.3";    ///< 1.2 or 1.3
  std::string cipher = "aes128";  ///< aes128, aes256 (both GCM) or chacha
  std::string group = "x25519";   ///< x25519, p256, any (x25519 or p256) or x25519mlkem768
  bool tickets = false;           ///< server: allow resumption

  /// An unknown word ends the program.
  static TlsOptions Parse(std::string_view text);
};

/// A client context that verifies nothing: the load measures the proxy's verification, not its own.
bssl::UniquePtr<SSL_CTX> MakeClientContext(const TlsOptions& options);
/// A server context. Files that cannot be loaded end the program.
bssl::UniquePtr<SSL_CTX> MakeServerContext(const TlsOptions& options, const std::string& chain, const std::string& key);

/// What the handshake agreed on: version/cipher/group.
std::string Agreed(const SSL* ssl);

}  // namespace starlock::bench
