#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

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
    R"(Without a file, --protocol, --listen, --upstream and --upstream-tls describe one listener:
  starlock run --protocol smtp --listen 127.0.0.1:2525 --upstream mail.example.org:587 --upstream-tls required
MODE is off, opportunistic, required or implicit (tcp: off or implicit).)";

constexpr const char* kFooter =
    R"(Exit status: 0 done; 1 failed while running; 2 the command line or the configuration is wrong.
`starlock COMMAND --help` says more.)";

// All that NAME may be, in lines no longer than the rest of a help text.
std::string ProtocolNames() {
  std::string names;
  for (const protocol::Dialect* dialect : protocol::Dialects()) {
    if (!names.empty()) names += names.size() - names.rfind('\n') - 1 > 90 ? ",\n  " : ", ";
    if (names.empty()) names = "Protocols:\n  ";
    names += dialect->name;
  }
  return names;
}

// A thing that is wrong with the command line.
struct Wrong {
  std::string message;
};

// The commands and their options, and the values that parsing puts into them.
class CommandLine {
 public:
  CommandLine() : app_("Gives TLS to whichever side of a connection lacks it.", "starlock") {
    app_.set_version_flag("--version", "starlock " + std::string(Version()) + "\n" + tls::LibraryVersion() + "\n");
    app_.require_subcommand(0, 1);
    AddRun();
    AddCheck();
    AddProbe();
    AddDemo();
    app_.footer(ProtocolNames() + "\n" + kFooter);  // last, or every command would inherit it
    // What is left over is looked at by us, to say more about it.
    app_.allow_extras();
    for (CLI::App* command : app_.get_subcommands({})) command->allow_extras();
  }

  Command Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return Answer{0, &Chosen() == &app_ ? app_.help() : Chosen().help("starlock")};
    } catch (const CLI::CallForVersion& e) {
      return Answer{0, e.what()};
    } catch (const CLI::ArgumentMismatch& e) {
      return Refuse(DescribeMismatch(e.what()));
    } catch (const CLI::ParseError& e) {
      return Refuse({e.what()});
    }
    if (const auto wrong = FindLeftOver()) return Refuse(*wrong);
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
    AddText(run_, "-c,--config", file_, "FILE", "the configuration");
    AddText(run_, "--protocol", flags.protocol, "NAME", "what is spoken");
    AddText(run_, "--listen", flags.listen, "HOST:PORT", "where clients connect to");
    AddText(run_, "--upstream", flags.upstream, "HOST:PORT", "the server");
    AddText(run_, "--upstream-tls", flags.upstream_tls, "MODE", "TLS towards the server");
    AddText(run_, "--client-tls", flags.client_tls, "MODE",
            "TLS towards clients (default: required with --cert, else off)");
    AddText(run_, "--cert", flags.cert, "FILE", "our certificate chain, PEM");
    AddText(run_, "--key", flags.key, "FILE", "its private key, PEM");
    AddTrust(run_, flags.ca, flags.insecure, flags.server_name);
    run_->footer(kRunFooter + ("\n" + ProtocolNames()));
  }

  void AddCheck() {
    check_ = app_.add_subcommand("check", "Validate a configuration and what it names");
    AddText(check_, "-c,--config", file_, "FILE", "the configuration");
  }

  void AddProbe() {
    probe_ = app_.add_subcommand("probe", "Show what a server offers before and after TLS");
    AddText(probe_, "--protocol", protocol_, "NAME", "what the server speaks");
    AddText(probe_, "target", target_, "HOST[:PORT]", "the server; the port is the protocol's own where it is missing");
    probe_->add_flag("--json", probe_options_.json, "print JSON")->disable_flag_override();
    AddTrust(probe_, ca_, probe_options_.insecure, server_name_);
    probe_->footer(kProbeFooter + ("\n" + ProtocolNames()));
  }

  static void AddTrust(CLI::App* command, Text& ca, bool& insecure, Text& server_name) {
    AddText(command, "--ca", ca, "FILE", "the CAs to trust, PEM (default: the system's)");
    command->add_flag("--insecure", insecure, "do not verify the server's certificate")->disable_flag_override();
    AddText(command, "--server-name", server_name, "NAME", "the name to verify (default: the server's host)");
  }

  void AddDemo() {
    demo_ = app_.add_subcommand("demo", "Show the main job on an embedded server");
    AddText(demo_, "--protocol", protocol_, "NAME", "what to show: " + demo::PartProtocolNames() + " (default: smtp)");
    demo_->add_flag("--no-color", no_color_, "no colours")->disable_flag_override();
  }

  // The command that was named, else the program itself.
  const CLI::App& Chosen() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? app_ : *chosen.front();
  }

  // `starlock run: …`, then where to read on.
  Command Refuse(const Wrong& wrong) const {
    const CLI::App& chosen = Chosen();
    const std::string name = &chosen == &app_ ? "starlock" : "starlock " + chosen.get_name();
    return Answer{2, name + ": " + wrong.message + "\n" + name + " --help says what there is\n"};
  }

  // From CLI11's `insecure was given a disallowed flag override`, `--listen: 1 required HOST:PORT missing` or
  // `--listen: At Most 1 required but received 2`.
  static Wrong DescribeMismatch(const std::string& said) {
    if (said.find("flag override") != std::string::npos) {
      return {"--" + said.substr(0, said.find(' ')) + " takes no value"};
    }
    const std::string option = said.substr(0, said.find(':'));
    if (said.find("missing") != std::string::npos) return {option + " lacks its value"};
    return {option + " stands more than once"};
  }

  std::optional<Wrong> FindLeftOver() const {
    const CLI::App& chosen = Chosen();
    const std::vector<std::string> left = chosen.remaining();
    if (left.empty()) return std::nullopt;
    const bool is_option = left.front().starts_with('-');
    if (&chosen == &app_ && !is_option) {
      static constexpr std::string_view kCommands[] = {"run", "check", "probe", "demo"};
      return Wrong{"unknown command " + config::Quoted(left.front()) + config::Suggestion(left.front(), kCommands)};
    }
    if (!is_option) return Wrong{"unexpected argument " + config::Quoted(left.front())};
    std::vector<std::string> names;
    for (const CLI::Option* option :
         chosen.get_options([](const CLI::Option* o) { return !o->get_lnames().empty(); })) {
      names.push_back("--" + option->get_lnames().front());
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string name = left.front().substr(0, left.front().find('='));
    return Wrong{"unknown option " + config::Quoted(name) + config::Suggestion(name, known)};
  }

  Command FinishRun() {
    const config::Flags& flags = run_options_.flags;
    const bool any = flags.protocol || flags.listen || flags.upstream || flags.upstream_tls || flags.client_tls ||
                     flags.cert || flags.key || flags.ca || flags.server_name || flags.insecure;
    if (file_ && any) return Refuse({"-c FILE describes everything; no other option can stand beside it"});
    if (!file_ && !any) return Refuse({"-c FILE is missing, or --protocol, --listen, --upstream and --upstream-tls"});
    if (file_ && file_->empty()) return Refuse({"-c takes the path of a file"});
    run_options_.file = file_.value_or("");
    return std::move(run_options_);
  }

  Command FinishCheck() {
    if (!file_ || file_->empty()) return Refuse({"-c FILE is missing"});
    return CheckOptions{*file_};
  }

  // The protocol that was asked for; nullptr: there is no such, and `wrong` says so.
  const protocol::Dialect* FindProtocol(const std::string& name, Wrong& wrong) const {
    const auto parsed = config::ParseProtocol(name, session::DialectRulesForConfig());
    if (!parsed) wrong.message = "--protocol: " + parsed.error().detail;
    return parsed ? protocol::FindDialect(name) : nullptr;
  }

  Command FinishProbe() {
    if (!protocol_) return Refuse({"--protocol NAME is missing"});
    if (!target_) return Refuse({"HOST[:PORT] is missing"});
    Wrong wrong;
    const protocol::Dialect* dialect = FindProtocol(*protocol_, wrong);
    if (!dialect) return Refuse(wrong);
    const auto target = config::ParseAddress(*target_, dialect->default_port);
    if (!target) return Refuse({target.error().detail});
    if (ca_ && probe_options_.insecure) return Refuse({"--insecure verifies nothing, so --ca cannot stand beside it"});
    if (ca_ && ca_->empty()) return Refuse({"--ca takes the path of a file"});
    if (server_name_) {
      const auto name = config::ParseServerName(*server_name_);
      if (!name) return Refuse({"--server-name: " + name.error().detail});
    }
    probe_options_.protocol = *protocol_;
    probe_options_.target = target.value();
    probe_options_.ca = ca_.value_or("");
    probe_options_.server_name = server_name_.value_or("");
    return std::move(probe_options_);
  }

  Command FinishDemo() {
    demo::Options options;
    Wrong wrong;
    if (protocol_ && !FindProtocol(*protocol_, wrong)) return Refuse(wrong);
    if (protocol_) options.protocol = *protocol_;
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
