#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// LDAP messages (RFC 4511) that the negotiators, the filter and the prober share. Section numbers are of that RFC.
namespace starlock::protocol::ldap {

/// The object identifier of StartTLS (4.14).
inline constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";

/// The tag of a protocolOp.
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

/// The first fields of an LDAPMessage.
struct Message {
  bool good = false;  ///< false: it is not an LDAPMessage
  int32_t id = 0;
  Op op = Op::kUnbindRequest;
  std::string_view body;  ///< content of the protocolOp, as far as the unit holds it
};

/// The first kHead bytes of a message always contain its id, the tag of its operation and the name of a StartTLS,
/// however the lengths are encoded.
inline constexpr size_t kHead = 64;

/// Cuts one whole message of at most kMaxUnit bytes.
Frame CutMessage(std::string_view in);
/// The same, but of a longer message it cuts all available bytes, once there are kHead of them.
Frame CutAnyLength(std::string_view in);

/// Reads a message, or at least the first kHead bytes of a message that is too long to buffer.
Message Parse(std::string_view unit);

/// Whether a client may send this operation with this id.
bool IsRequest(const Message& message);
/// Whether this is the final response of an operation.
bool IsFinal(Op op);

/// Whether a message is the StartTLS request (4.14.1), and whether it has a value, which is an error.
struct StartTlsRequest {
  bool is = false;
  bool has_value = false;
  bool unreadable = false;  ///< an extended request without a name that we can read; some servers might
};
StartTlsRequest AsStartTls(const Message& message);

/// Whether a message is a Search of the root DSE (RFC 4512 5.1): empty name, scope baseObject.
struct RootDseSearch {
  bool is = false;
  bool lists_extensions = false;  ///< it asks for supportedExtension with values
};
RootDseSearch AsRootDseSearch(const Message& message);

/// Whether a message is a Bind whose mechanism never protects what follows it with a security layer of its own: simple,
/// or a SASL mechanism that has none.
bool BindsWithoutLayer(const Message& message);

/// Whether a message is a Notice of Disconnection (4.4.1).
bool IsNoticeOfDisconnection(const Message& message);

/// Whether a message is a Bind with the client's TLS certificate (SASL EXTERNAL, RFC 4513 5.2.3).
bool BindsExternally(const Message& message);

/// The resultCode of a response; -1 if it has none.
int ResultOf(const Message& message);

/// The final response to `request` with this result; empty if its operation has no response.
std::string Answer(const Message& request, Result result, std::string_view text);
/// The StartTLS request.
std::string StartTlsCall(int32_t id);
/// The Unbind request.
std::string UnbindCall(int32_t id);
/// A Search of the root DSE for extensions, SASL mechanisms, naming contexts and vendor.
std::string RootDseCall(int32_t id);
/// Our goodbye to a client: a Notice of Disconnection (4.4.1).
std::string Goodbye(const Env& env, const Failure& failure);

/// A SearchResultEntry of the root DSE with StartTLS exactly once in supportedExtension. A missing attribute is added
/// if `listed` says that the client asked for it. No other byte differs, except for the lengths around it.
std::string WithStartTls(std::string_view unit, bool listed);
/// The same entry without StartTLS, and without an attribute that has no value left.
std::string WithoutStartTls(std::string_view unit);

/// An attribute of an entry, for the prober.
struct Attribute {
  std::string_view type;
  std::vector<std::string_view> values;
};
/// The attributes of a SearchResultEntry, as parts of it.
std::vector<Attribute> AttributesOf(const Message& entry);

}  // namespace starlock::protocol::ldap
