// The foreign formats: one list, which recognition, --from and its help use.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "manifolddb/migrate.h"
#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::migrate {

struct Format {
  const char* name;     // as --from has it
  const char* summary;  // for help; without a full stop

  // Whether a file that begins with `head` (InputFiles::head) is of this format. The first format
  // in the list that says so is taken.
  bool (*recognises)(std::string_view head, const ImportOptions& options);

  // Reads all files and gives the sink what is in them. Throws Error{damaged} with the place for
  // what cannot be read any further; what is wrong with one record only goes to sink.refuse().
  void (*read)(InputFiles& files, const ImportOptions& options, GraphSink& sink);

  // Which options mean something to it, and whether a folder does; Error{usage} for others that are
  // given. Tables take a type for edges, too.
  enum class Takes { nothing_else, tables, plain_tables, types, edge_type, folder };
  Takes takes = Takes::nothing_else;

  // What ImportOptions::ids is for it, whatever the caller says: where ids are those of ManifoldDB.
  std::optional<IdChoice> ids = {};
};

// In the order in which they are tried.
std::span<const Format> formats();

// By its name, or that of folders for a folder, or by the content of the first file. Error{usage}
// when there is none, or when options or folders are given that mean nothing to it.
const Format& find_format(InputFiles& files, const ImportOptions& options);

extern const Format kManifoldV1Format;
extern const Format kNeo4jApocFormat;
extern const Format kGraphsonFormat;
extern const Format kGraphmlFormat;
extern const Format kGexfFormat;
extern const Format kKuzuFormat;
extern const Format kCypherlFormat;
extern const Format kNeo4jCsvFormat;
extern const Format kNeptuneCsvFormat;
extern const Format kApocCsvFormat;
extern const Format kCsvFormat;

}  // namespace manifolddb::migrate
