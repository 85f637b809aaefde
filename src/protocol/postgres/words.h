#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// The packets of PostgreSQL's protocol that come before a login ("Message Formats" in its documentation).
namespace starlock::protocol::postgres {

using std::string_view_literals::operator""sv;

/// What a connection may begin with: no type byte, a length that counts itself, and a code where others have a version.
enum class Request {
  kStartup,  ///< a StartupMessage, of whatever version: the server's to judge
  kSsl,
  kGss,
  kCancel,
  kUnknown,  ///< a code that is reserved for requests, and none of those above
};

inline constexpr std::string_view kSslRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"sv;

/// Cuts such a packet. kBad where the length is none that PostgreSQL would read, or not the one that the code has.
Frame CutRequest(std::string_view in);

Request Classify(std::string_view packet);

/// Cuts one message of those that follow: a type byte, a length that counts itself but not the type.
Frame CutMessage(std::string_view in);

/// Whether a message is AuthenticationSASL, and a method with channel binding (-PLUS) is among those it offers.
bool OffersChannelBinding(std::string_view message);

/// The same message without those methods; as it is where no other one is left.
std::string WithoutChannelBinding(std::string_view message);

/// A FATAL ErrorResponse; `text` is one line without a NUL.
std::string FatalError(std::string_view sqlstate, std::string_view text);

/// Our last words to a client, with the SQLSTATE that fits.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::postgres
