#include "protocol/core/negotiator.h"

namespace starlock::protocol {
namespace {

class NothingToSay final : public Negotiator {
 public:
  LegAct Begin(Out&) override { return Settled{}; }
  Frame Cut(std::string_view, Scan&) override { return Frame::Idle(); }
  LegAct On(std::string_view, Out&) override { return Settled{}; }
};

}  // namespace

std::unique_ptr<Negotiator> SettledNegotiator() { return std::make_unique<NothingToSay>(); }

}  // namespace starlock::protocol
