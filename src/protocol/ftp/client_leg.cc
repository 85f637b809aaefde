#include "protocol/ftp/client_leg.h"

#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {

void ClientLeg::Greet() {
  switch (mode_) {
    case TlsMode::kRequired:
      return control_.Become(BeforeTls{});
    case TlsMode::kImplicit:
      // RFC 4217 9 makes data clear until PROT, but clients of implicit ports send no PROT.
      data_.Become(ClientDataPrivate{});
      return control_.Become(InsideTls{});
    case TlsMode::kOff:
    case TlsMode::kOpportunistic:
      break;
  }
  control_.Become(InPlaintext{});
}

// RFC 4217 4. TLS-C is the older name of TLS. SSL is refused: it implies PROT P.
Answer ClientLeg::OnAuth(std::string_view mechanism) {
  switch (before_tls() ? UpgradeWindow::Refusal::kNone : window_.Judge(inside_tls())) {
    case UpgradeWindow::Refusal::kActive:
      return Answer::Refusal("503 TLS is already active\r\n");
    case UpgradeWindow::Refusal::kOff:
      return Answer::Refusal("502 AUTH not available\r\n");
    case UpgradeWindow::Refusal::kTooLate:
      return Answer::Refusal("503 AUTH not allowed after other commands\r\n");
    case UpgradeWindow::Refusal::kNone:
      break;
  }
  if (mechanism.empty()) return Answer::Refusal("501 AUTH requires a mechanism\r\n");
  const bool known = EqualsNoCase(mechanism, "TLS") || EqualsNoCase(mechanism, "TLS-C");
  if (!known) return Answer::Refusal("504 Unknown mechanism, use AUTH TLS\r\n");
  control_.Become(ClientHandshake{});
  return Answer::Success("234 Ready for TLS\r\n");
}

// RFC 4217 8: the size is ignored, but PBSZ must precede PROT.
Answer ClientLeg::OnPbsz(std::string_view size) {
  if (mode_ == TlsMode::kOff) return Answer::Refusal("502 PBSZ not available\r\n");
  if (!inside_tls()) return Answer::Refusal("503 Use AUTH TLS first\r\n");
  const bool number = !size.empty() && size.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number) return Answer::Refusal("501 PBSZ requires a number\r\n");
  if (data_.Is<NoPbsz>()) data_.Become(ClientDataClear{});
  return Answer::Success(size == "0" ? "200 PBSZ 0\r\n" : "200 PBSZ=0\r\n");
}

Answer ClientLeg::OnProt(std::string_view level) {
  if (mode_ == TlsMode::kOff) return Answer::Refusal("502 PROT not available\r\n");
  if (!inside_tls() || data_.Is<NoPbsz>()) return Answer::Refusal("503 Use PBSZ first\r\n");
  if (EqualsNoCase(level, "P")) {
    data_.Become(ClientDataPrivate{});
    return Answer::Success("200 Protection level set to Private\r\n");
  }
  if (EqualsNoCase(level, "C")) {
    data_.Become(ClientDataClear{});
    return Answer::Success("200 Protection level set to Clear\r\n");
  }
  if (EqualsNoCase(level, "S") || EqualsNoCase(level, "E"))
    return Answer::Refusal("536 Protection level not supported, use P or C\r\n");
  return Answer::Refusal("504 Unknown protection level, use P or C\r\n");
}

Offer ClientLeg::offer() const {
  if (inside_tls()) return Offer::kInside;
  return before_tls() || window_.open(false) ? Offer::kAuth : Offer::kNothing;
}

bool ClientLeg::MayTransfer() const {
  const bool must_protect = mode_ == TlsMode::kRequired || mode_ == TlsMode::kImplicit;
  return !must_protect || data_.Is<ClientDataPrivate>();
}

}  // namespace starlock::protocol::ftp
