#pragma once

#include <string>

#include "cli/demo_scene.h"

namespace starlock::cli {

/// Something that the demonstration says, and whether it holds.
struct Claim {
  bool holds = false;
  std::string text;
};

/// What a scene's evidence comes to.
struct SceneVerdict {
  Claim agreed;    ///< there is TLS on the one leg, and the proxy and its peer name the same parameters
  Claim verified;  ///< the certificate was checked
  Claim arrived;   ///< the message is what it was, once
  Claim hidden;    ///< on the leg with TLS there is nothing but TLS once it has begun, and nothing of the message
  Claim readable;  ///< on the other leg the whole message lies open
  Claim ended;     ///< the proxy has seen the session end in order, by nobody's fault

  bool all() const;
};

SceneVerdict Judge(const Evidence& evidence);

/// The side of the leg without TLS that has said the message; the client where neither has.
Side TellerOf(const Evidence& evidence);

}  // namespace starlock::cli
