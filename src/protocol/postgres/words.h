#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// The messages of PostgreSQL's protocol before a login ("Message Formats" in its documentation).
namespace starlock::protocol::postgres {

using std::string_view_literals::operator""sv;

/// A first packet: it has no type byte, a length that includes itself, and a version or request code.
enum class Request {
  kStartup,  ///< a StartupMessage of any version; the server checks it
  kSsl,
  kGss,
  kCancel,
  kUnknown,  ///< another code that is reserved for requests
};

inline constexpr std::string_view kSslRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"sv;

/// Cuts a first packet. It is kBad if PostgreSQL would not accept the length, or if the length does not fit the code.
Frame CutRequest(std::string_view in);

/// The kind of a whole first packet.
Request Classify(std::string_view packet);

/// Cuts one later message: a type byte, then a length that includes itself but not the type.
Frame CutMessage(std::string_view in);

/// Whether a message is AuthenticationSASL and offers a method with channel binding (-PLUS).
bool OffersChannelBinding(std::string_view message);

/// The same message without these methods. Unchanged if no other method would be left.
std::string WithoutChannelBinding(std::string_view message);

/// A FATAL ErrorResponse; `text` is one line without a NUL.
std::string FatalError(std::string_view sqlstate, std::string_view text);

/// Our goodbye to a client, with a fitting SQLSTATE.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::postgres
