// What the upstream answers.

#include <algorithm>

#include "protocol/ftp/dialogue.h"

namespace starlock::protocol::ftp {

bool FtpDialogue::InTransfer() const {
  return std::find(outstanding_.begin(), outstanding_.end(), Asked::kTransfer) != outstanding_.end();
}

// What has to be read or changed as a whole. All else passes line by line: STAT's listings have no end in sight.
bool FtpDialogue::NeedsWholeReply() const {
  if (outstanding_.empty() || reply_code_ >= 0) return false;
  switch (outstanding_.front()) {
    case Asked::kFeat:
    case Asked::kEpsv:
    case Asked::kPasv:
    case Asked::kPbsz:
    case Asked::kProt:
      return true;
    case Asked::kTransfer:
      return outstanding_.back() != Asked::kStat;
    case Asked::kAbor:
    case Asked::kStat:
    case Asked::kOther:
      return false;
  }
  return false;
}

Act FtpDialogue::OnReply(std::string_view unit, Out& out) {
  const bool whole = NeedsWholeReply();
  if (!whole) {
    const bool begins = reply_code_ < 0;
    if (begins) reply_code_ = CodeOf(unit);
    if (reply_code_ < 0) return Fail{{End::kProtocolError, Blame::kServer, "not a reply"}};
    if (!IsLastLine(unit, reply_code_)) {
      out.client() += unit;
      return Read{};
    }
    reply_code_ = -1;
  }
  const int code = CodeOf(unit);
  if (outstanding_.empty()) {  // unasked: a 421 before the upstream closes, what is left of an ABOR
    out.client() += unit;
    return Read{};
  }
  if (IsLateAborReply(code)) {
    out.client() += unit;
    return Read{};
  }
  switch (outstanding_.front()) {
    case Asked::kEpsv:
    case Asked::kPasv:
      return OnPassiveReply(unit, code, out);
    case Asked::kPbsz:
    case Asked::kProt:
      return OnLateProtReply(outstanding_.front(), code, out);
    case Asked::kTransfer:
      return OnTransferReply(unit, code, out);
    case Asked::kFeat:
      out.client() += code == 211 || code / 100 == 5 ? EditFeatures(unit, offer()) : std::string(unit);
      break;
    case Asked::kAbor:
    case Asked::kStat:
    case Asked::kOther:
      if (prot_is_due_ && (code == 230 || code == 232)) {
        welcome_ = unit;
        outstanding_.front() = Asked::kPbsz;
        out.server() += "PBSZ 0\r\n";
        return Read{};
      }
      // A command that we don't know may be a transfer.
      if (code / 100 == 1 && data_ == Data::kReady && MayTransfer()) Begin(out);
      out.client() += unit;
      break;
  }
  if (code / 100 != 1) outstanding_.pop_front();
  return Read{};
}

// RFC 959 4.1.3: 225 or 226. Where it can't be the answer to what was asked since, it is ABOR's.
bool FtpDialogue::IsLateAborReply(int code) {
  if (!abor_owed_) return false;
  const Asked asked = outstanding_.front();
  const bool transfers = asked == Asked::kTransfer && under_way_;
  if ((code != 225 && code != 226) || transfers) return false;
  abor_owed_ = false;
  return true;
}

Act FtpDialogue::OnTransferReply(std::string_view reply, int code, Out& out) {
  const bool of_stat = code / 10 == 21 && outstanding_.back() == Asked::kStat;
  const bool preliminary = code / 100 == 1;
  if (of_stat || preliminary) {
    out.client() += reply;
    under_way_ = under_way_ || preliminary;
    if (of_stat) outstanding_.pop_back();
    return Read{};
  }
  // What the upstream has sent, or believes to have got, is not what arrived.
  const bool lost = code / 100 == 2 && broken_;
  out.client() += lost ? "426 The data connection was cut short\r\n" : std::string(reply);
  // Where it had begun, the data connection ends by itself, and with it comes what was sent before.
  if (!under_way_ && data_ != Data::kNone) out.data.push_back(DataRequest::Close());
  data_ = Data::kNone;
  outstanding_.pop_front();
  return Read{};
}

}  // namespace starlock::protocol::ftp
