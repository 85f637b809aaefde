#pragma once

#include <string>

#include "demo/scene.h"

namespace starlock::demo {

/// A statement that the demonstration prints, and whether the evidence supports it.
struct Claim {
  bool holds = false;
  std::string text;
};

/// The claims about one scene.
struct SceneVerdict {
  Claim agreed;    ///< the leg with TLS: the proxy and its peer report the same parameters; the other leg is plaintext
  Claim verified;  ///< the certificate was verified
  Claim arrived;   ///< the message arrived exactly once and unchanged
  Claim hidden;    ///< the leg with TLS carries only TLS records after the upgrade, and no line of the message
  Claim readable;  ///< the other leg carries the whole message in plaintext
  Claim ended;     ///< the proxy logged an orderly end without blame

  bool all() const;
};

SceneVerdict CheckEvidence(const Evidence& evidence);

/// The side that sent the message on the leg without TLS; kClient where neither did.
Side SenderOf(const Evidence& evidence);

}  // namespace starlock::demo
