#include "migrate/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "backup/line_pieces.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kXmlReadBytes = 64u << 10;
constexpr char kNamespaceEnd = '\n';  // between a namespace and a name, in neither of which it is

std::string_view local_name(std::string_view name) {
  return name.substr(name.rfind(kNamespaceEnd) + 1);
}

}  // namespace

std::optional<std::string_view> XmlAttributes::find(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (local_name(pair[0]) == name) return pair[1];
  }
  return std::nullopt;
}

std::size_t XmlAttributes::bytes() const {
  std::size_t sum = 0;
  for (const char** text = pairs_; *text != nullptr; ++text) sum += std::strlen(*text);
  return sum;
}

// Calls back into C++ from C: what is thrown waits until the parser has stopped.
struct XmlReader::Expat {
  XML_Parser parser = nullptr;
  std::uint32_t file = 0;
  std::string name;
  InputText input;
  XmlHandler* handler = nullptr;
  std::size_t depth = 0;
  std::exception_ptr thrown;

  ~Expat() {
    if (parser != nullptr) XML_ParserFree(parser);
  }

  Place place() const {
    return {file, XML_GetCurrentLineNumber(parser),
            static_cast<std::uint64_t>(std::max<XML_Index>(0, XML_GetCurrentByteIndex(parser)))};
  }
  [[noreturn]] void fail(const std::string& what) const {
    const Place at = place();
    throw Error(ErrorCode::damaged, backup::line_place(name, at.line, at.byte) + what);
  }

  template <typename Function>
  static void guarded(void* data, const Function& function) {
    auto& self = *static_cast<Expat*>(data);
    if (self.thrown) return;
    try {
      function(self);
    } catch (...) {
      self.thrown = std::current_exception();
      XML_StopParser(self.parser, XML_FALSE);
    }
  }
  static void on_start(void* data, const XML_Char* element, const XML_Char** attributes) {
    guarded(data, [&](Expat& self) {
      if (++self.depth > kDepthMax) {
        self.fail("elements lie deeper than " + std::to_string(kDepthMax) + " in one another");
      }
      self.handler->start(local_name(element), XmlAttributes(attributes));
    });
  }
  static void on_end(void* data, const XML_Char* element) {
    guarded(data, [&](Expat& self) {
      --self.depth;
      self.handler->end(local_name(element));
    });
  }
  static void on_text(void* data, const XML_Char* text, int size) {
    guarded(data, [&](Expat& self) { self.handler->text({text, static_cast<std::size_t>(size)}); });
  }
  static void on_entity(void* data, const XML_Char*, int, const XML_Char*, int, const XML_Char*,
                        const XML_Char*, const XML_Char*, const XML_Char*) {
    guarded(data, [](Expat& self) {
      self.fail("the file declares entities, which are not read: they can hide anything");
    });
  }
  static void on_skipped_entity(void* data, const XML_Char* entity, int) {
    guarded(data, [&](Expat& self) {
      self.fail("the entity " + std::string(entity) +
                " is declared elsewhere, and that is not read");
    });
  }
};

XmlReader::XmlReader(InputFiles& files, std::uint32_t file) : expat_(std::make_unique<Expat>()) {
  expat_->file = file;
  expat_->name = files.name(file);
  expat_->input = files.open(file);
  // What it says of its encoding does not hold where it was decoded before.
  expat_->parser = XML_ParserCreateNS(expat_->input.was_utf16 ? "UTF-8" : nullptr, kNamespaceEnd);
  if (expat_->parser == nullptr) throw std::bad_alloc();
  XML_SetUserData(expat_->parser, expat_.get());
  XML_SetElementHandler(expat_->parser, &Expat::on_start, &Expat::on_end);
  XML_SetCharacterDataHandler(expat_->parser, &Expat::on_text);
  XML_SetEntityDeclHandler(expat_->parser, &Expat::on_entity);
  XML_SetSkippedEntityHandler(expat_->parser, &Expat::on_skipped_entity);
  XML_SetParamEntityParsing(expat_->parser, XML_PARAM_ENTITY_PARSING_NEVER);
}

XmlReader::~XmlReader() = default;

Place XmlReader::place() const {
  return expat_->place();
}

void XmlReader::fail(const std::string& what) const {
  expat_->fail(what);
}

void XmlReader::read(XmlHandler& handler) {
  expat_->handler = &handler;
  std::uint64_t given = 0;
  for (bool at_end = false; !at_end;) {
    void* buffer = XML_GetBuffer(expat_->parser, static_cast<int>(kXmlReadBytes));
    if (buffer == nullptr) throw std::bad_alloc();
    const std::size_t size = expat_->input.source->read(static_cast<char*>(buffer), kXmlReadBytes);
    at_end = size == 0;
    given += size;
    const XML_Status status = XML_ParseBuffer(expat_->parser, static_cast<int>(size), at_end);
    if (expat_->thrown) std::rethrow_exception(expat_->thrown);
    if (status != XML_STATUS_OK) {
      fail(std::string("not well-formed XML: ") +
           XML_ErrorString(XML_GetErrorCode(expat_->parser)));
    }
    // Expat keeps a tag or comment that has no end yet.
    if (given > place().byte + kTokenBytesMax) {
      fail("a tag or comment is longer than " + std::to_string(kTokenBytesMax >> 20) + " MiB");
    }
  }
}

}  // namespace manifolddb::migrate
