#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "base/version.h"
#include "config/suggest.h"
#include "config/values.h"
#include "demo/part.h"
#include "protocol/dialects.h"
#include "session/dialect_rules.h"
#include "tls/library.h"

namespace starlock::cli {
namespace {

constexpr const char* kRunFooter =
    R"(Without -c, the options --protocol, --listen, --upstream and --upstream-tls define one listener:
  starlock run --protocol smtp --listen 127.0.0.1:2525 --upstream mail.example.org:587 --upstream-tls required
MODE is off, opportunistic, required or implicit (tcp: off or implicit).

Exit status: 0 stopped by SIGTERM or SIGINT; 1 failed while running, or stopped by a second signal; 2 the command
line or the configuration is invalid.)";

constexpr const char* kCheckFooter =
    R"(Exit status: 0 valid, even with warnings (a certificate that has expired or expires within 14 days); 2 invalid.)";

constexpr const char* kFooter =
    R"(Exit status: 0 success; 1 failed while running; 2 the command line or the configuration is invalid.
See `starlock COMMAND --help` for the options of a command.)";

// The values of NAME, in lines as wide as the rest of the help text.
std::string ProtocolNames() {
  std::string names;
  for (const protocol::Dialect* dialect : protocol::Dialects()) {
    if (!names.empty()) names += names.size() - names.rfind('\n') - 1 > 90 ? ",\n  " : ", ";
    if (names.empty()) names = "Protocols:\n  ";
    names += dialect->name;
  }
  return names;
}

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

// The commands with their options, and the values that parsing sets.
class CommandLine {
 public:
  CommandLine() : app_("A transparent STARTTLS proxy: adds TLS for clients or servers that lack it.", "starlock") {
    app_.set_version_flag("--version", fmt::format("starlock {}\n{}\n", Version(), tls::LibraryVersion()));
    app_.require_subcommand(0, 1);
    AddRun();
    AddCheck();
    AddProbe();
    AddDemo();
    app_.footer(fmt::format("{}\n{}", ProtocolNames(), kFooter));  // last, so that commands do not inherit it
    // FindLeftOver reports unknown arguments, with better messages than CLI11's.
    app_.allow_extras();
    for (CLI::App* command : app_.get_subcommands({})) command->allow_extras();
  }

  Command Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 expects
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return Answer{0, &Chosen() == &app_ ? app_.help() : Chosen().help("starlock")};
    } catch (const CLI::CallForVersion& e) {
      return Answer{0, e.what()};
    } catch (const CLI::ArgumentMismatch& e) {
      return Refuse(DescribeMismatch(e.what()));
    } catch (const CLI::ParseError& e) {
      return Refuse(Invalid(e.what()));
    }
    if (const Error error = FindLeftOver()) return Refuse(error);
    if (app_.get_subcommands().empty()) return Answer{2, app_.help()};
    if (run_->parsed()) return FinishRun();
    if (check_->parsed()) return FinishCheck();
    if (probe_->parsed()) return FinishProbe();
    return FinishDemo();
  }

 private:
  using Text = std::optional<std::string>;

  static void AddText(CLI::App* command, const char* name, Text& value, const char* kind, const std::string& help) {
    command->add_option(name, value, help)->type_name(kind);
  }

  void AddRun() {
    run_ = app_.add_subcommand("run", "Run the proxy in the foreground");
    config::Flags& flags = run_options_.flags;
    AddText(run_, "-c,--config", file_, "FILE", "the configuration file");
    AddText(run_, "--protocol", flags.protocol, "NAME", "the protocol");
    AddText(run_, "--listen", flags.listen, "HOST:PORT", "the address to listen on");
    AddText(run_, "--upstream", flags.upstream, "HOST:PORT", "the server to connect to");
    AddText(run_, "--upstream-tls", flags.upstream_tls, "MODE", "TLS towards the server");
    AddText(run_, "--client-tls", flags.client_tls, "MODE",
            "TLS towards clients (default: required with --cert, else off)");
    AddText(run_, "--cert", flags.cert, "FILE", "the certificate chain to show to clients, PEM");
    AddText(run_, "--key", flags.key, "FILE", "its private key, PEM");
    AddTrust(run_, flags.ca, flags.insecure, flags.server_name);
    run_->footer(fmt::format("{}\n{}", kRunFooter, ProtocolNames()));
  }

  void AddCheck() {
    check_ = app_.add_subcommand("check", "Validate a configuration and the files it names");
    AddText(check_, "-c,--config", file_, "FILE", "the configuration file");
    check_->footer(kCheckFooter);
  }

  void AddProbe() {
    probe_ = app_.add_subcommand("probe", "Show what a server offers before and after TLS");
    AddText(probe_, "--protocol", protocol_, "NAME", "the server's protocol");
    AddText(probe_, "target", target_, "HOST[:PORT]", "the server; the default port is the protocol's");
    probe_->add_flag("--json", probe_options_.json, "print JSON")->disable_flag_override();
    AddTrust(probe_, ca_, probe_options_.insecure, server_name_);
    probe_->footer(fmt::format("{}\n{}", kProbeFooter, ProtocolNames()));
  }

  static void AddTrust(CLI::App* command, Text& ca, bool& insecure, Text& server_name) {
    AddText(command, "--ca", ca, "FILE", "the trusted CA certificates, PEM (default: the system's)");
    command->add_flag("--insecure", insecure, "do not verify the server's certificate")->disable_flag_override();
    AddText(command, "--server-name", server_name, "NAME", "the name to verify (default: the server's host)");
  }

  void AddDemo() {
    demo_ = app_.add_subcommand("demo", "Show the proxy at work on an embedded server");
    AddText(demo_, "--protocol", protocol_, "NAME",
            fmt::format("the protocol to show: {} (default: smtp)", demo::PartProtocolNames()));
    demo_->add_flag("--no-color", no_color_, "no colours")->disable_flag_override();
    demo_->footer("Exit status: 0 success; 1 failed; 2 the command line is invalid.");
  }

  // The command that was given, else the program itself.
  const CLI::App& Chosen() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? app_ : *chosen.front();
  }

  // `starlock run: …`, then a pointer to the help.
  Command Refuse(const Error& error) const {
    const CLI::App& chosen = Chosen();
    const std::string name = &chosen == &app_ ? "starlock" : fmt::format("starlock {}", chosen.get_name());
    return Answer{2, fmt::format("{0}: {1}\nSee `{0} --help`.\n", name, error.detail)};
  }

  // From CLI11's `insecure was given a disallowed flag override`, `--listen: 1 required HOST:PORT missing` or
  // `--listen: At Most 1 required but received 2`.
  static Error DescribeMismatch(const std::string& message) {
    if (message.find("flag override") != std::string::npos) {
      return Invalid(fmt::format("--{} takes no value", message.substr(0, message.find(' '))));
    }
    const std::string option = message.substr(0, message.find(':'));
    const bool missing = message.find("missing") != std::string::npos;
    return Invalid(fmt::format("{} {}", option, missing ? "needs a value" : "is given more than once"));
  }

  Error FindLeftOver() const {
    const CLI::App& chosen = Chosen();
    const std::vector<std::string> left = chosen.remaining();
    if (left.empty()) return {};
    const bool is_option = left.front().starts_with('-');
    if (&chosen == &app_ && !is_option) {
      static constexpr std::string_view kCommands[] = {"run", "check", "probe", "demo"};
      return Invalid(
          fmt::format("unknown command {}{}", InQuotes(left.front()), config::Suggestion(left.front(), kCommands)));
    }
    if (!is_option) return Invalid(fmt::format("unexpected argument {}", InQuotes(left.front())));
    std::vector<std::string> names;
    for (const CLI::Option* option :
         chosen.get_options([](const CLI::Option* o) { return !o->get_lnames().empty(); })) {
      names.push_back(fmt::format("--{}", option->get_lnames().front()));
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string name = left.front().substr(0, left.front().find('='));
    return Invalid(fmt::format("unknown option {}{}", InQuotes(name), config::Suggestion(name, known)));
  }

  Command FinishRun() {
    const config::Flags& flags = run_options_.flags;
    const bool any = flags.protocol || flags.listen || flags.upstream || flags.upstream_tls || flags.client_tls ||
                     flags.cert || flags.key || flags.ca || flags.server_name || flags.insecure;
    if (file_ && any) return Refuse(Invalid("-c FILE cannot be combined with other options"));
    if (!file_ && !any) {
      return Refuse(Invalid("needs -c FILE, or --protocol, --listen, --upstream and --upstream-tls"));
    }
    if (file_ && file_->empty()) return Refuse(Invalid("-c needs the path of a file"));
    run_options_.file = file_.value_or("");
    return std::move(run_options_);
  }

  Command FinishCheck() {
    if (!file_ || file_->empty()) return Refuse(Invalid("-c FILE is required"));
    return CheckOptions{*file_};
  }

  static Result<const protocol::Dialect*> FindProtocol(const std::string& name) {
    const auto parsed = config::ParseProtocol(name, session::DialectRulesForConfig());
    if (!parsed) return Invalid(fmt::format("--protocol: {}", parsed.error().detail));
    return protocol::FindDialect(*parsed);
  }

  Command FinishProbe() {
    if (!protocol_) return Refuse(Invalid("--protocol NAME is required"));
    if (!target_) return Refuse(Invalid("HOST[:PORT] is required"));
    const auto dialect = FindProtocol(*protocol_);
    if (!dialect) return Refuse(dialect.error());
    const auto target = config::ParseAddress(*target_, (*dialect)->default_port);
    if (!target) return Refuse(target.error());
    if (ca_ && probe_options_.insecure) return Refuse(Invalid("--insecure verifies nothing and excludes --ca"));
    if (ca_ && ca_->empty()) return Refuse(Invalid("--ca needs the path of a file"));
    if (server_name_) {
      const auto name = config::ParseServerName(*server_name_);
      if (!name) return Refuse(Invalid(fmt::format("--server-name: {}", name.error().detail)));
    }
    probe_options_.protocol = *protocol_;
    probe_options_.target = target.value();
    probe_options_.ca = ca_.value_or("");
    probe_options_.server_name = server_name_.value_or("");
    return std::move(probe_options_);
  }

  Command FinishDemo() {
    demo::Options options;
    if (protocol_) {
      const auto dialect = FindProtocol(*protocol_);
      if (!dialect) return Refuse(dialect.error());
      options.protocol = *protocol_;
    }
    options.color = !no_color_;
    return options;
  }

  CLI::App app_;
  CLI::App* run_ = nullptr;
  CLI::App* check_ = nullptr;
  CLI::App* probe_ = nullptr;
  CLI::App* demo_ = nullptr;

  RunOptions run_options_;
  ProbeOptions probe_options_;
  Text file_, protocol_, target_, ca_, server_name_;
  bool no_color_ = false;
};

}  // namespace

Command ParseCommandLine(std::vector<std::string> arguments) { return CommandLine().Parse(std::move(arguments)); }

}  // namespace starlock::cli
