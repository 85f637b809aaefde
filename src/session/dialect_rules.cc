#include "session/dialect_rules.h"

#include <string>

#include "protocol/dialects.h"

namespace starlock::session {

std::vector<config::DialectRules> DialectRulesForConfig() {
  std::vector<config::DialectRules> rules;
  for (const protocol::Dialect* dialect : protocol::Dialects()) {
    rules.push_back({std::string(dialect->name), dialect->starttls, !dialect->data_alpn.empty()});
  }
  return rules;
}

}  // namespace starlock::session
