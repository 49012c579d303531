// Invariant: any bytes as a line are parsed or refused with a byte inside them and a reason of our
// own. The scanner refuses exactly what the JSON parser refuses. What the strict reader accepts is
// written again to the same bytes, and the tolerant reader accepts it with the same content. What
// the tolerant reader accepts is a canonical body, and its line is accepted by the strict reader
// with the same one. All of that for lines of backups and for those of log segments.
#include <optional>
#include <string>

#include "backup/json_scanner.h"
#include "backup/json_value.h"
#include "backup/record_codec.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "fuzz_target.h"

namespace {

using namespace manifolddb;
using backup::LineForm;
using backup::LineType;
using fuzz::require;

backup::LineParser& parser_for(backup::Strictness strictness, LineForm form) {
  static backup::LineParser strict(backup::Strictness::strict);
  static backup::LineParser tolerant(backup::Strictness::tolerant);
  static backup::LineParser strict_log(backup::Strictness::strict, backup::kReadLogLineBytesMax,
                                       LineForm::log);
  static backup::LineParser tolerant_log(backup::Strictness::tolerant, backup::kReadLogLineBytesMax,
                                         LineForm::log);
  if (form == LineForm::log) {
    return strictness == backup::Strictness::strict ? strict_log : tolerant_log;
  }
  return strictness == backup::Strictness::strict ? strict : tolerant;
}

bool parse(backup::Strictness strictness, LineForm form, std::string_view line,
           backup::ParsedLine& out) {
  std::string padded(line);
  padded.append(backup::kLinePadding, '"');
  backup::LineError error;
  if (parser_for(strictness, form).parse({padded.data(), line.size()}, out, error)) return true;
  require(error.byte <= line.size(), "an error points into the line or behind its end");
  require(!error.what.empty(), "an error has a reason");
  require(!error.what.starts_with("not JSON:"), "the reason is found by ourselves");
  return false;
}

void write_change(const backup::ParsedLine& line, bool is_put, std::string& text) {
  if (is_put) check_body(line.kind, line.body);
  if (line.has_before) check_body(line.kind, line.before);
  append_change_line(line.kind, line.key,
                     line.has_before ? std::optional<std::string_view>(line.before) : std::nullopt,
                     is_put ? std::optional<std::string_view>(line.body) : std::nullopt, text);
}

// Nothing for lines whose canonical form is not known.
std::string write(const backup::ParsedLine& line, LineForm form) {
  std::string text;
  const bool is_log = form == LineForm::log;
  switch (line.type) {
    case LineType::entity:
    case LineType::edge:
    case LineType::key_value:
      if (is_log) {
        write_change(line, true, text);
        break;
      }
      check_body(line.kind, line.body);
      append_record_line({line.kind, line.key, line.body}, text);
      break;
    case LineType::entity_deleted:
    case LineType::edge_deleted:
    case LineType::key_value_deleted:
      if (is_log) {
        write_change(line, false, text);
        break;
      }
      append_deletion_line(line.kind, line.key, text);
      break;
    case LineType::metadata:
      if (line.header.version == 2) append_header_line(line.header, text);
      break;
    case LineType::checkpoint:
      append_checkpoint_line(line.checkpoint, text);
      break;
    case LineType::commit:
      append_commit_line(line.commit, text);
      break;
    case LineType::end_of_backup:
      append_trailer_line(line.trailer, text);
      break;
    default:
      break;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

void check_form(std::string_view line, LineForm form) {
  backup::ParsedLine strict;
  const bool strict_accepts = parse(backup::Strictness::strict, form, line, strict);
  // With a space in front no line is canonical: the general reader checks the fast one.
  backup::ParsedLine tolerant;
  const bool tolerant_accepts =
      parse(backup::Strictness::tolerant, form, " " + std::string(line), tolerant);
  require(tolerant_accepts || !strict_accepts,
          "tolerant reading takes all that strict reading does");
  if (!tolerant_accepts) return;

  const std::string written = write(tolerant, form);
  if (written.empty()) return;
  if (strict_accepts) {
    require(written == line, "a strict line is written again to the same bytes");
    require(strict.key == tolerant.key && strict.body == tolerant.body &&
                strict.has_before == tolerant.has_before && strict.before == tolerant.before,
            "both read the same");
    return;
  }
  require(parse(backup::Strictness::strict, form, written, strict), "what is written is strict");
  require(strict.type == tolerant.type && strict.kind == tolerant.kind &&
              strict.key == tolerant.key && strict.body == tolerant.body &&
              strict.has_before == tolerant.has_before && strict.before == tolerant.before &&
              strict.source == tolerant.source && strict.target == tolerant.target,
          "the strict line says the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = fuzz::as_text(data, size);
  if (!line.empty() && line.substr(0, 3) != "\xef\xbb\xbf") {
    std::string padded(line);
    padded.append(backup::kLinePadding, '\0');
    static backup::JsonDocument document(backup::kJsonDepthMax);
    require(document.parse({padded.data(), line.size()}) == !backup::find_json_error(line),
            "scanner and parser agree on what is JSON");
  }
  check_form(line, LineForm::backup);
  check_form(line, LineForm::log);
  return 0;
}
