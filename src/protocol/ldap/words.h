#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The messages of LDAP (RFC 4511) that the negotiators, the filter and the prober share.
namespace starlock::protocol::ldap {

inline constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";

/// What a protocolOp is: its tag.
enum class Op : uint8_t {
  kBindRequest = 0x60,
  kBindResponse = 0x61,
  kUnbindRequest = 0x42,
  kSearchRequest = 0x63,
  kSearchResultEntry = 0x64,
  kSearchResultDone = 0x65,
  kSearchResultReference = 0x73,
  kModifyRequest = 0x66,
  kModifyResponse = 0x67,
  kAddRequest = 0x68,
  kAddResponse = 0x69,
  kDelRequest = 0x4a,
  kDelResponse = 0x6b,
  kModDnRequest = 0x6c,
  kModDnResponse = 0x6d,
  kCompareRequest = 0x6e,
  kCompareResponse = 0x6f,
  kAbandonRequest = 0x50,
  kExtendedRequest = 0x77,
  kExtendedResponse = 0x78,
  kIntermediateResponse = 0x79,
};

enum class Result : int8_t {
  kSuccess = 0,
  kOperationsError = 1,
  kProtocolError = 2,
  kConfidentialityRequired = 13,
  kSaslBindInProgress = 14,
  kUnavailable = 52,
};

/// The front of an LDAPMessage.
struct Message {
  bool good = false;  ///< false: it is none
  int32_t id = 0;
  Op op = Op::kUnbindRequest;
  std::string_view body;  ///< of the protocolOp; cut short where the message was
};

/// So many bytes of a message hold its id, its operation's tag and, where that is StartTLS, its name, however their
/// lengths are written.
inline constexpr size_t kHead = 64;

/// One whole message of at most kMaxUnit bytes; what begins as none is kBad at once.
Frame Cut(std::string_view in);
/// The same, but of a message that is longer all that is there, once its head is.
Frame CutAnyLength(std::string_view in);

/// Reads a message, or the first kHead bytes of one that is too long to be held.
Message Parse(std::string_view unit);

/// Whether a client may send this, and under this id.
bool IsRequest(const Message& message);
/// Whether this ends an operation of its id.
bool IsFinal(Op op);

/// Whether this is the StartTLS request (4.14.1), and whether it has the value that it must not have.
struct StartTlsRequest {
  bool is = false;
  bool has_value = false;
};
StartTlsRequest AsStartTls(const Message& message);

/// A Search of the root DSE (RFC 4512 5.1): of the empty name, the base object alone.
struct RootDseSearch {
  bool is = false;
  bool lists_extensions = false;  ///< supportedExtension and its values are among what it asks for
};
RootDseSearch AsRootDseSearch(const Message& message);

/// Whether this is a Bind by the client's TLS certificate (SASL EXTERNAL, RFC 4513 5.2.3).
bool BindsExternally(const Message& message);

/// The resultCode of a response that has one; -1: none to be read.
int ResultOf(const Message& message);

/// The answer to `request` in its own kind, with this result; nothing where it has no answer.
std::string Answer(const Message& request, Result result, std::string_view text);
std::string StartTlsCall(int32_t id);
std::string UnbindCall(int32_t id);
/// Asks for what the root DSE says of extensions, SASL and the maker.
std::string RootDseCall(int32_t id);
/// Notice of Disconnection (4.4.1) as our last words.
std::string Goodbye(const Env& env, const Failure& failure);

/// A SearchResultEntry of the root DSE with StartTLS among supportedExtension exactly once: put in where that attribute
/// is there or `listed` says that it would be. No other byte differs but for the lengths around it.
std::string WithStartTls(std::string_view unit, bool listed);
/// The same entry without it; without the attribute where nothing is left of it.
std::string WithoutStartTls(std::string_view unit);

/// An attribute of an entry, for the prober.
struct Attribute {
  std::string_view type;
  std::vector<std::string_view> values;
};
std::vector<Attribute> AttributesOf(const Message& entry);

}  // namespace starlock::protocol::ldap
