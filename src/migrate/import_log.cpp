#include "migrate/import_log.h"

#include <utility>

#include "backup/line_pieces.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

// Kinds name columns, so there may be as many as an input likes; the others are counted together.
constexpr std::size_t kConversionKindsMax = 1000;
constexpr std::string_view kOtherConversions = "others";

}  // namespace

SourcePlace ImportLog::describe(const Place& place) const {
  return {files_.name(place.file), place.line, place.byte};
}

void ImportLog::convert(std::string_view kind, const Place& place) {
  // Usually the same few again and again.
  for (std::size_t i = 0; i < conversions_.size(); ++i) {
    if (conversions_[last_conversion_].kind == kind) {
      ++conversions_[last_conversion_].count;
      return;
    }
    last_conversion_ = last_conversion_ + 1 < conversions_.size() ? last_conversion_ + 1 : 0;
  }
  if (conversions_.size() > kConversionKindsMax) {
    ++conversions_.back().count;
    return;
  }
  const bool is_last = conversions_.size() == kConversionKindsMax;
  conversions_.push_back({std::string(is_last ? kOtherConversions : kind), 1, describe(place)});
}

void ImportLog::leave_out(const Place& place, const std::string& what) {
  ++refusal_count_;
  if (refusals_.size() < refusals_max_) refusals_.push_back({describe(place), what});
}

void ImportLog::refuse(const Place& place, const std::string& what) {
  if (refusing_ == Refusing::collects) return leave_out(place, what);
  throw Error(ErrorCode::damaged,
              backup::line_place(files_.name(place.file), place.line, place.byte) + what, safe_,
              "the same command with --dry-run lists everything that is refused");
}

void ImportLog::move_to(ImportReport& report) {
  report.conversions = std::move(conversions_);
  report.refusals = std::move(refusals_);
  report.refusal_count = refusal_count_;
}

}  // namespace manifolddb::migrate
