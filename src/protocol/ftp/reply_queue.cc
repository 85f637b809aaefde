#include "protocol/ftp/reply_queue.h"

#include <algorithm>

#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {
namespace {

constexpr size_t kMaxOutstanding = 3;  // a transfer, and two of ABOR and STAT

bool IsTransfer(Asked asked) { return asked == Asked::kTransfer || asked == Asked::kRunningTransfer; }

// RFC 959 4.1.3: 225 or 226.
bool AnswersAbor(int code) { return code == 225 || code == 226; }

// A reply that announces a data port must be edited, whatever was asked.
bool BeginsPort(std::string_view in) {
  return in.size() >= 3 && in.substr(0, 2) == "22" && AnnouncesPort(220 + (in[2] - '0'));
}

// RFC 959 4.1.3: 211, 212 or 213.
constexpr std::string_view kStatusCodes = "21";
bool AnswersStat(int code) { return code / 10 == 21; }

}  // namespace

bool ReplyQueue::InTransfer() const { return std::any_of(questions_.begin(), questions_.end(), IsTransfer); }

bool ReplyQueue::Admits(Verb verb) {
  if (!between()) return false;
  if (questions_.empty()) return true;
  if (questions_.size() == 1 && questions_.front() == Asked::kAbor) {
    questions_.clear();
    ++owed_abors_;
    return true;
  }
  const bool passes = verb == Verb::kAbor || verb == Verb::kStat;
  return passes && IsTransfer(questions_.front()) && questions_.size() < kMaxOutstanding;
}

Frame ReplyQueue::Cut(std::string_view in, Scan& scan) const {
  return TakesWhole(in) ? CutReply(in, scan) : CutLine(in, scan);
}

// `in` begins a reply, or continues the one that is open.
bool ReplyQueue::TakesWhole(std::string_view in) const {
  if (!between()) return false;
  if (questions_.empty() || BeginsPort(in)) return true;
  switch (questions_.front()) {
    case Asked::kFeat:
    case Asked::kPort:
    case Asked::kProtection:
      return true;
    case Asked::kTransfer:
    case Asked::kRunningTransfer:
      return !(StatPasses() && in.substr(0, kStatusCodes.size()) == kStatusCodes);
    case Asked::kAbor:
    case Asked::kStat:
    case Asked::kOther:
      return false;
  }
  return false;
}

// Whether a STAT is outstanding that is not the oldest command.
bool ReplyQueue::StatPasses() const {
  return questions_.size() > 1 && std::find(questions_.begin() + 1, questions_.end(), Asked::kStat) != questions_.end();
}

Reply ReplyQueue::Take(std::string_view unit) {
  if (!TakesWhole(unit)) {
    if (open_reply_ < 0) open_reply_ = CodeOf(unit);
    if (open_reply_ < 0) return {};
    if (!IsLastLine(unit, open_reply_)) return {Reply::Kind::kPart};
    open_reply_ = -1;
  }
  const int code = CodeOf(unit);
  if (owed_abors_ > 0 && AnswersAbor(code)) {
    --owed_abors_;
    return {Reply::Kind::kLateAbor, code};
  }
  if (questions_.empty()) return {Reply::Kind::kUnasked, code};
  owed_abors_ = 0;  // replies arrive in order, and this one's command was sent after those ABORs
  if (AnswersStat(code) && StatPasses()) return TakeStatus(code);
  Asked& asked = questions_.front();
  if (code / 100 == 1 && asked != Asked::kPort && asked != Asked::kProtection) {
    if (asked == Asked::kTransfer) asked = Asked::kRunningTransfer;
    return {Reply::Kind::kPreliminary, code, asked};
  }
  const Reply final{Reply::Kind::kFinal, code, asked};
  questions_.pop_front();
  return final;
}

// With an ABOR before the STAT: replies arrive in order, so the ABOR was answered together with its transfer.
Reply ReplyQueue::TakeStatus(int code) {
  const auto stat = std::find(questions_.begin(), questions_.end(), Asked::kStat);
  if (IsTransfer(questions_.front())) {
    questions_.erase(stat);
  } else {
    questions_.erase(questions_.begin(), stat + 1);
  }
  return {Reply::Kind::kStatus, code};
}

void ReplyQueue::BeginTransfer() {
  if (!questions_.empty()) questions_.front() = Asked::kRunningTransfer;
}

}  // namespace starlock::protocol::ftp
