// Arguments that several commands have in common.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "cli/argument_parser.h"
#include "manifolddb/database.h"

namespace manifolddb::cli {

// "-", as an argument: standard input or output.
inline bool is_standard_stream(const std::string& argument) {
  return argument == "-";
}

// "64M", "1G", "500000"; units are powers of 1024. Throws Error{usage} naming the option.
std::size_t parse_size(const std::string& option, const std::string& text);

// --threads and --memory-limit.
struct ResourceOptions {
  unsigned threads = 0;
  std::string memory_limit = "256M";
};
void add_resource_options(ArgumentParser& parser, ResourceOptions& options,
                          const std::string& memory_min = "32M");

template <typename Options>  // backup::Options or what derives from it
void set_resources(const ResourceOptions& from, Options& to) {
  to.threads = from.threads;
  to.memory_limit_bytes = parse_size("--memory-limit", from.memory_limit);
}

// A database to read, which another process may have open. Error{not_found} when nothing is there.
Database open_to_read(const std::string& path);

// Throws Error{not_found} when `path` names nothing and is not "-".
void require_source(const std::string& path);

// For what is made at the end of a job, or would be: nothing has the name, and there is a folder
// for it. `what` it is: "database". Throws Error{would_overwrite}, {not_found}, {usage} for "-".
void require_new(const std::string& path, const std::string& what);

// "12.3 MB".
std::string describe_bytes(std::uint64_t bytes);
// "seq 20483 (2026-11-22T21:47:00.123456Z)".
std::string describe_point(SequenceNumber sequence, std::int64_t committed_at_us);
// "1 record", "4 000 000 records".
std::string describe_count(std::uint64_t count, const std::string& singular,
                           const std::string& plural);

// Seconds since it was made, as "6.1 s".
class Stopwatch {
 public:
  Stopwatch() : started_(std::chrono::steady_clock::now()) {}
  double seconds() const;
  std::string to_string() const;

 private:
  std::chrono::steady_clock::time_point started_;
};

}  // namespace manifolddb::cli
