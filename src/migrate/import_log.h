// What an import has to tell: conversions, and what is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/migrate.h"
#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::migrate {

// Not thread-safe. `files` must outlive it.
class ImportLog {
 public:
  enum class Refusing {
    throws,    // the first one ends the import
    collects,  // a dry run
  };
  // `safe`: what is untouched when it throws.
  ImportLog(InputFiles& files, Refusing refusing, std::size_t refusals_max, std::string safe)
      : files_(files), refusing_(refusing), refusals_max_(refusals_max), safe_(std::move(safe)) {}

  void convert(std::string_view kind, const Place& place);
  void refuse(const Place& place, const std::string& what);
  // Left out as was asked for: listed, never thrown.
  void leave_out(const Place& place, const std::string& what);

  SourcePlace describe(const Place& place) const;
  const std::string& safe() const { return safe_; }
  const std::string& file_name(std::uint32_t file) const { return files_.name(file); }

  // Asked now and then during long work: throws Error{interrupted} when the progress wants to stop.
  void keep_going() { files_.keep_going(); }

  void move_to(ImportReport& report);

 private:
  InputFiles& files_;
  Refusing refusing_;
  std::size_t refusals_max_;
  std::string safe_;
  std::vector<Conversion> conversions_;
  std::size_t last_conversion_ = 0;
  std::vector<Refusal> refusals_;
  std::uint64_t refusal_count_ = 0;
};

}  // namespace manifolddb::migrate
