// The elements of an XML text, one after the other, and the one place that knows expat. Nothing
// but the text itself is ever read: entities may not be declared, and a DTD that is named is not
// looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::migrate {

// Attributes of one element; names without their namespaces. Views live until the call returns.
class XmlAttributes {
 public:
  // As expat gives them: name, value, name, value, null.
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t bytes() const;  // of all names and values

 private:
  const char** pairs_;
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  // `name`: without its namespace.
  virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;
  // In pieces of any size, entities of the language and CDATA resolved.
  virtual void text(std::string_view piece) = 0;
};

// Not thread-safe.
class XmlReader {
 public:
  // All are refused when exceeded: they are memory.
  static constexpr std::size_t kTokenBytesMax = 16u << 20;  // one tag, comment or instruction
  static constexpr std::size_t kDepthMax = 256;

  XmlReader(InputFiles& files, std::uint32_t file);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  // Reads all of the file. Throws Error{damaged} with line and byte for what is not well-formed, a
  // declared entity, and what is over a limit; and what the handler throws.
  void read(XmlHandler& handler);

  // Of the tag or text that the handler is called for.
  Place place() const;

  // Throws Error{damaged} at place().
  [[noreturn]] void fail(const std::string& what) const;

 private:
  struct Expat;
  std::unique_ptr<Expat> expat_;
};

}  // namespace manifolddb::migrate
