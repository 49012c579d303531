#include "cli/commands/differences.h"

#include <array>

#include "backup/diff.h"
#include "cli/arguments.h"
#include "cli/commands/change_printer.h"
#include "cli/interrupt.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

using backup::Difference;

struct KindCounts {
  std::uint64_t added = 0, changed = 0, removed = 0;
};

class DiffPrinter {
 public:
  DiffPrinter(Output& out, DifferencesForm form) : out_(out), form_(form), printer_(out) {}

  // False when nobody reads any more.
  bool take(const Difference& difference) {
    if (interrupted()) throw_interrupted();
    KindCounts& counts = counts_[index(difference.kind)];
    if (!difference.before) {
      ++counts.added;
    } else if (!difference.after) {
      ++counts.removed;
    } else {
      ++counts.changed;
    }
    if (form_.apply_form) {
      printer_.print_apply_line(difference);
    } else if (form_.stat) {
      return true;
    } else if (out_.json()) {
      JsonObject object = JsonObject::line();
      printer_.add_members(difference, object);
      out_.line(object);
    } else {
      printer_.print_text(difference);
    }
    return !out_.closed();
  }

  void finish() {
    if (form_.apply_form) return;
    static constexpr std::array kNames{"metadata entries", "entities", "edges"};
    static constexpr std::array kMembers{"metadata", "entities", "edges"};
    JsonObject object = JsonObject::line();
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const KindCounts& counts = counts_[i];
      if (out_.json()) {
        JsonObject part;
        part.number("added", counts.added)
            .number("changed", counts.changed)
            .number("removed", counts.removed);
        object.object(kMembers[i], part);
      } else {
        out_.line(format("{:<16}  {} added, {} changed, {} removed", kNames[i],
                         group_digits(counts.added), group_digits(counts.changed),
                         group_digits(counts.removed)));
      }
    }
    if (out_.json()) out_.line(object);
  }

 private:
  static std::size_t index(RecordKind kind) {
    return kind == RecordKind::key_value ? 0 : kind == RecordKind::entity ? 1 : 2;
  }

  Output& out_;
  const DifferencesForm form_;
  std::array<KindCounts, 3> counts_;
  ChangePrinter printer_;
};

}  // namespace

void print_differences(Output& out, backup::RecordStream& before, backup::RecordStream& after,
                       DifferencesForm form) {
  DiffPrinter printer(out, form);
  backup::for_each_difference(
      before, after, [&printer](const Difference& difference) { return printer.take(difference); });
  printer.finish();
}

}  // namespace manifolddb::cli
