#include "cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "common/file_system.h"
#include "common/format.h"

namespace manifolddb::cli {

namespace {

constexpr std::size_t kBufferBytes = 64u << 10;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Names of files and records in messages can hold anything; a message has exactly one line.
std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

}  // namespace

void Output::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR || interrupted()) {
      buffer_.clear();
      if (interrupted()) throw_interrupted();
      throw_file_error(errno, "write to", descriptor_ == 1 ? "standard output" : "standard error");
    }
  }
  buffer_.clear();
}

void print_error(Format form, int exit_code, const Error& error) {
  const std::string safe = error.safe().empty() ? "nothing was changed" : error.safe();
  const std::string next = !error.next().empty()                    ? error.next()
                           : error.code() == ErrorCode::interrupted ? "run the command again"
                                                                    : "manifold --help";
  if (form == Format::json) {
    JsonObject details;
    details.number("code", static_cast<std::uint64_t>(exit_code))
        .text("what", error.what())
        .text("safe", safe)
        .text("next", next);
    talk(JsonObject::line().object("error", details).to_string() + "\n");
    return;
  }
  const bool colors = stderr_has_colors();
  talk(format("{}error:{} {}\nsafe:  {}\nnext:  {}\n", colors ? "\033[1;31m" : "",
              colors ? "\033[0m" : "", one_line(error.what()), one_line(safe), one_line(next)));
}

void talk(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string printable(std::string_view name) {
  const bool plain = !name.empty() && std::none_of(name.begin(), name.end(), is_control);
  return plain ? std::string(name) : json_text(name);
}

}  // namespace manifolddb::cli
