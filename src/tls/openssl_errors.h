#pragma once

#include <string>

#include "base/error.h"

namespace starlock::tls {

/// The reason in this thread's BoringSSL error queue, for example `no shared cipher` or `peer sent alert
/// bad_certificate`; empty if the queue is empty. Clears the queue, so that no session sees another's errors.
std::string TakeErrors();

/// An error whose detail is `what`, followed by the reason in the queue.
Error TakeError(ErrorCode code, const std::string& what);

/// Whether the latest error in the queue is `reason` of the SSL library (SSL_R_…).
bool LatestSslErrorIs(int reason);

}  // namespace starlock::tls
