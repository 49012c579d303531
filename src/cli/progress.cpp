#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/interrupt.h"
#include "cli/output.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

constexpr std::chrono::seconds kPlainPause{2};
constexpr std::size_t kBarWidth = 24;
constexpr const char* kClearLine = "\r\033[K";

bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

}  // namespace

bool stderr_has_colors() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return stderr_is_terminal() && (no_color == nullptr || *no_color == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

Progress::Progress(ProgressMode mode, std::string doing, std::string unit)
    : style_(mode == ProgressMode::plain                               ? Style::plain
             : mode == ProgressMode::automatic && stderr_is_terminal() ? Style::bar
                                                                       : Style::none),
      doing_(std::move(doing)),
      unit_(std::move(unit)),
      started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (style_ == Style::bar && shown_) talk(kClearLine);
  if (style_ == Style::plain) talk(describe(done_, total_) + "\n");
}

ProgressCallback Progress::callback() {
  return [this](std::uint64_t done, std::uint64_t total) {
    show(done, total);
    return !interrupted();
  };
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  done_ = done;
  total_ = total;
  const auto now = std::chrono::steady_clock::now();
  if (style_ == Style::bar) {
    talk(kClearLine + describe_bar(done, total));
  } else if (style_ == Style::plain && now - last_shown_ >= kPlainPause) {
    talk(describe(done, total) + "\n");
    last_shown_ = now;
  }
  shown_ = true;
}

std::string Progress::describe(std::uint64_t done, std::uint64_t total) const {
  if (total == 0) return format("{}: {} {}", doing_, group_digits(done), unit_);
  return format("{}: {} of {} {}", doing_, group_digits(done), group_digits(total), unit_);
}

std::string Progress::describe_bar(std::uint64_t done, std::uint64_t total) const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
  const double rate = static_cast<double>(done) / std::max(spent.count(), 0.001);
  std::string text = describe(done, total);
  if (total != 0) {
    const double part = std::min(static_cast<double>(done) / static_cast<double>(total), 1.0);
    const auto filled = static_cast<std::size_t>(part * static_cast<double>(kBarWidth));
    text =
        format("[{}{}] {}", std::string(filled, '#'), std::string(kBarWidth - filled, '-'), text);
  }
  text += format(", {}/s", group_digits(static_cast<std::uint64_t>(rate)));
  if (total > done && rate > 0) {
    text += format(", {:.0f} s left", static_cast<double>(total - done) / rate);
  }
  return text;
}

}  // namespace manifolddb::cli
