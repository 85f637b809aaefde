#pragma once

#include <string>

#include "base/error.h"

namespace starlock::tls {

/// What BoringSSL's error queue of this thread says, in words: `no shared cipher`, `peer sent alert bad_certificate`.
/// Empties the queue, so that no session sees another's errors. Empty where the queue was.
std::string TakeErrors();

/// An error with `what` before what the queue says.
Error TakeError(ErrorCode code, const std::string& what);

/// Whether the queue's latest error is `reason` of the SSL library.
bool LatestSslErrorIs(int reason);

}  // namespace starlock::tls
