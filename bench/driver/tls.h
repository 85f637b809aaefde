#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace starlock::bench {

/// What the load insists on, so that every proxy does the same work. As text: words between commas, such as
/// "1.3,aes128,x25519,tickets".
struct TlsOptions {
  std::string version = "1.3";    ///< 1.2 or 1.3
  std::string cipher = "aes128";  ///< aes128, aes256 (both GCM) or chacha
  std::string group = "x25519";   ///< x25519, p256, any (of the two) or x25519mlkem768
  bool tickets = false;           ///< of a server: sessions can be resumed

  /// Fails the program where a word means nothing.
  static TlsOptions Parse(std::string_view text);
};

/// A client's context; it verifies nothing (what verification costs is the proxy's business, not ours).
bssl::UniquePtr<SSL_CTX> MakeClientContext(const TlsOptions& options);
/// A server's context. Fails the program where the files can't be used.
bssl::UniquePtr<SSL_CTX> MakeServerContext(const TlsOptions& options, const std::string& chain, const std::string& key);

/// What was agreed upon: version, cipher, group.
std::string Agreed(const SSL* ssl);

}  // namespace starlock::bench
