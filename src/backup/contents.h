// What a backup says about itself and what it holds, without a database.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "backup/record_codec.h"
#include "common/record.h"
#include "manifolddb/backup.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// The first line. Throws not_found, damaged, newer_format.
Header read_header(const std::filesystem::path& file);
std::string header_json(const Header& header);  // its "data" as in the file

struct Overview {
  std::optional<Header> header;  // none when its line is damaged
  VerifyReport report;           // of level structure, in which the trailer is compared with it
};
Overview read_overview(const std::filesystem::path& file, const Options& options = {});
Overview read_overview(std::istream& in, const Options& options = {});

// Calls `on_record` for every record in an undamaged block, in the order of the file, until it
// returns false, and `on_damage` for every damage on the way. The rest as verify(). Throws
// Error{usage} for a log segment: it holds changes, not the records of a state.
using RecordFunction = std::function<bool(const RecordView&)>;
using DamageFunction = std::function<void(const Damage&)>;
void for_each_record(const std::filesystem::path& file, const Options& options,
                     const RecordFunction& on_record, const DamageFunction& on_damage);
void for_each_record(std::istream& in, const Options& options, const RecordFunction& on_record,
                     const DamageFunction& on_damage);
// The records at the end of a chain, merged. Throws Error{damaged} at the first damage.
void for_each_record(const std::vector<std::filesystem::path>& files, const Options& options,
                     const RecordFunction& on_record);
void for_each_record(const BackupChain& chain, const Options& options,
                     const RecordFunction& on_record);

// What import() would do, and its errors, without doing it.
RestoreSummary preview_import(const Database& database, const std::filesystem::path& file,
                              const ImportOptions& options = {});
RestoreSummary preview_import(const Database& database, std::istream& in,
                              const ImportOptions& options = {});
RestoreSummary preview_import(const Database& database,
                              const std::vector<std::filesystem::path>& files,
                              const ImportOptions& options = {});
RestoreSummary preview_import(const Database& database, const BackupChain& chain,
                              const ImportOptions& options = {});

}  // namespace manifolddb::backup
