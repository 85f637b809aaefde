#pragma once

#include <string_view>

/// The keys of every map in a configuration file. For src/config alone.
namespace starlock::config {

/// A key that a map may have.
struct Key {
  std::string_view name;
  bool later = false;  ///< reserved for a later version: refused with a message that says so
};

inline constexpr Key kRootKeys[] = {{"workers"},      {"log"},       {"limits"},     {"tls"},
                                    {"certificates"}, {"listeners"}, {"admin", true}};
inline constexpr Key kLogKeys[] = {{"level"}, {"format"}, {"target"}, {"sessions"}};
inline constexpr Key kLimitsKeys[] = {{"max_connections"}, {"max_connections_per_client"},
                                      {"connect_timeout"}, {"negotiation_timeout"},
                                      {"idle_timeout"},    {"drain_timeout"}};
inline constexpr Key kTlsKeys[] = {{"min_version"}, {"max_version"}, {"groups"}, {"ticket_keys"}};
inline constexpr Key kCertificateKeys[] = {{"chain"}, {"key"}};
inline constexpr Key kListenerKeys[] = {{"name"},
                                        {"listen"},
                                        {"protocol"},
                                        {"client"},
                                        {"server"},
                                        {"ftp"},
                                        {"xclient", true},
                                        {"transparent", true},
                                        {"proxy_protocol", true}};
inline constexpr Key kFtpKeys[] = {{"data_ports"}, {"external_address"}, {"data_session"}};
inline constexpr Key kClientKeys[] = {{"tls"},         {"certificates"}, {"min_version"},
                                      {"max_version"}, {"groups"},       {"proxy_protocol", true}};
inline constexpr Key kServerKeys[] = {{"address"},
                                      {"tls"},
                                      {"verify"},
                                      {"server_name"},
                                      {"ca"},
                                      {"pins"},
                                      {"min_version"},
                                      {"max_version"},
                                      {"groups"},
                                      {"xclient", true},
                                      {"transparent", true},
                                      {"proxy_protocol", true}};

}  // namespace starlock::config
