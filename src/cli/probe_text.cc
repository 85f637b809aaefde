#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/probe_report.h"

namespace starlock::cli {
namespace {

using Verification = tls::PeerInfo::Verification;

// A report of headings and rows; each row has a label and a value.
class Page {
 public:
  explicit Page(const Style& style) : style_(style) {}

  void Heading(std::string_view title) { text_ += fmt::format("\n{}\n", style_.Paint(Tint::kHeading, title)); }

  // `value` is trusted: it is shown unchanged.
  void Row(std::string_view label, std::string_view value) {
    text_.append("  ").append(label).append(kLabelWidth - std::min(label.size(), kLabelWidth), ' ');
    text_.append(value) += '\n';
  }

  // One row per line of untrusted text.
  void Quote(std::string_view label, const std::vector<std::string>& lines) {
    if (lines.empty()) Row(label, Faint("none"));
    for (const std::string& line : lines) Row(std::exchange(label, ""), Printable(line));
  }

  std::string Faint(std::string_view text) const { return style_.Paint(Tint::kFaint, text); }
  std::string Good(std::string_view text) const { return style_.Paint(Tint::kGood, text); }
  std::string Warning(std::string_view text) const { return style_.Paint(Tint::kWarning, text); }
  std::string Bad(std::string_view text) const { return style_.Paint(Tint::kBad, text); }

  void Line(std::string_view text) { (text_ += text) += '\n'; }
  std::string Take() { return std::move(text_); }

 private:
  static constexpr size_t kLabelWidth = 14;

  const Style& style_;
  std::string text_;
};

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The date on which a certificate expires, and the distance from now.
std::string Expiry(const Page& page, const tls::CertificateInfo& certificate, Time now) {
  const std::string day = Date(certificate.not_after);
  const auto left = certificate.not_after - now;
  if (left < std::chrono::seconds(0)) return fmt::format("{}, {}", day, page.Bad(fmt::format("{} ago", Days(-left))));
  const std::string distance = fmt::format("in {}", Days(left));
  return fmt::format("{}, {}", day, left < kSoon ? page.Warning(distance) : distance);
}

std::string ValidFrom(const Page& page, const tls::CertificateInfo& certificate, Time now) {
  const std::string day = Date(certificate.not_before);
  return now < certificate.not_before ? fmt::format("{}, {}", day, page.Bad("not yet")) : day;
}

void AddBefore(Page& page, const protocol::Findings& findings) {
  if (!findings.greeting && !findings.before && !findings.offers_upgrade) return;
  page.Heading("Before TLS");
  if (findings.greeting) page.Quote("greeting", LinesOf(*findings.greeting));
  if (findings.before) page.Quote("capabilities", *findings.before);
  if (findings.offers_upgrade) {
    page.Row("STARTTLS", *findings.offers_upgrade ? page.Good("offered") : page.Bad("not offered"));
  }
}

std::string Verified(const Page& page, const ProbeReport& report) {
  switch (report.peer.verification) {
    case Verification::kNotDone:
      return page.Warning("not verified");
    case Verification::kPassed:
      return fmt::format("{} for {}", page.Good("passed"), Printable(report.server_name));
    case Verification::kFailed:
      return fmt::format("{}: {}", page.Bad("failed"), Printable(report.peer.reason));
  }
  return {};
}

void AddTls(Page& page, const ProbeReport& report, Time now) {
  if (!report.tls && report.peer.chain.empty()) return;
  page.Heading("TLS");
  if (report.tls) {
    page.Row("version", report.tls->version);
    page.Row("cipher", report.tls->cipher);
    page.Row("group", report.tls->group.empty() ? page.Faint("none") : report.tls->group);
  }
  page.Row("verification", Verified(page, report));
  int number = 0;
  for (const tls::CertificateInfo& certificate : report.peer.chain) {
    page.Heading(fmt::format("Certificate {} of {}", ++number, report.peer.chain.size()));
    page.Row("subject", Printable(certificate.subject));
    page.Row("issuer", Printable(certificate.issuer));
    page.Quote("names", certificate.names);
    page.Row("valid from", ValidFrom(page, certificate, now));
    page.Row("expires", Expiry(page, certificate, now));
    page.Row("key", Printable(certificate.key_type));
    page.Row("pin", certificate.pin.ToString());
  }
}

void AddInside(Page& page, const protocol::Findings& findings) {
  if (!findings.inside) return;
  page.Heading("Inside TLS");
  page.Quote("capabilities", *findings.inside);
}

}  // namespace

std::string ToText(const ProbeReport& report, Time now, const Style& style) {
  Page page(style);
  const std::string where = report.address.empty() ? "" : fmt::format(" at {}", report.address);
  page.Line(fmt::format("{}{}, {}", Printable(report.target.ToString()), where, report.protocol));
  AddBefore(page, report.findings);
  AddTls(page, report, now);
  AddInside(page, report.findings);
  return page.Take();
}

}  // namespace starlock::cli
