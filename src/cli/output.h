// Standard output: data, as text for people or as JSON for programs. And the three lines of an
// error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/json_object.h"
#include "manifolddb/error.h"

namespace manifolddb::cli {

enum class Format { text, json };

// Not thread-safe. Lines are gathered; flush() before the process ends.
class Output {
 public:
  explicit Output(Format format) : format_(format) {}

  bool json() const { return format_ == Format::json; }

  // When a backup goes to stdout, results go to stderr.
  void use_stderr() { descriptor_ = 2; }

  // Throw Error{no_space} or Error{failed}, except when the reader has gone: see closed().
  void write(std::string_view bytes);
  void line(std::string_view text);
  void line(const JsonObject& object) { line(object.to_string()); }
  void flush();

  // True when nobody reads any more (`| head`). Whatever is written is dropped then.
  bool closed() const { return closed_; }

 private:
  Format format_;
  int descriptor_ = 1;
  bool closed_ = false;
  std::string buffer_;
};

// On stderr: error, safe, next; in JSON one object {"schema":…,"error":{…}}.
void print_error(Format form, int exit_code, const Error& error);

// To stderr, at once. What cannot be written there is lost.
void talk(std::string_view text);

// A name for a line of text: as it is, or as a JSON string when it holds control characters, which
// could disturb a terminal, or is empty.
std::string printable(std::string_view name);

}  // namespace manifolddb::cli
