#include "migrate/csv_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <variant>

#include "common/float_text.h"
#include "common/json_writer.h"
#include "common/temporal_text.h"
#include "common/value_codec.h"
#include "migrate/point_text.h"

namespace manifolddb::migrate {

namespace {

using Kind = CsvType::Kind;

constexpr const char* kNanLoss = "a NaN is written without its payload";
constexpr const char* kJsonLoss = "a value that the form has no type for is written as JSON text";
constexpr const char* kDelimiterLoss =
    "a list with the array delimiter in an item is written as JSON text";
constexpr const char* kVectorLoss = "a vector is written as a list of floats";
constexpr const char* kSridLoss =
    "a point in a reference system that has no name there is written with its number";

constexpr std::uint64_t kUsualNan = 0x7ff8000000000000u;

const char* nan_loss(double value) {
  return std::isnan(value) && std::bit_cast<std::uint64_t>(value) != kUsualNan ? kNanLoss : nullptr;
}

CsvForm typed(Kind kind, const char* loss = nullptr) {
  CsvForm form;
  form.type.kind = kind;
  form.loss = loss;
  return form;
}

CsvForm as_json(const char* loss) {
  CsvForm form;
  form.as_json = true;
  form.loss = loss;
  return form;
}

CsvForm form_of_point(const Point& point) {
  const bool has_nan =
      std::isnan(point.x) || std::isnan(point.y) || (point.z && std::isnan(*point.z));
  if (has_nan) return as_json(kJsonLoss);
  return typed(Kind::point, crs_of(point.srid).empty() ? kSridLoss : nullptr);
}

CsvForm form_of_list(const List& list, const CsvForms& forms) {
  CsvForm form;
  if (list.empty()) {
    form.type.is_list = true;
    form.is_empty_list = true;
    return form;
  }
  bool is_first = true;
  for (const Value& item : list) {
    if (item.is_null() || item.get_if<List>() != nullptr || item.get_if<Bytes>() != nullptr ||
        item.get_if<Vector>() != nullptr) {
      return as_json(kJsonLoss);
    }
    CsvForm item_form = csv_form_of(item, forms);
    if (item_form.as_json || (!is_first && item_form.type != form.type)) return as_json(kJsonLoss);
    if (const auto* text = item.get_if<std::string>();
        text != nullptr && text->find(forms.array_delimiter) != std::string::npos) {
      return as_json(kDelimiterLoss);
    }
    if (item.get_if<Point>() != nullptr || item.get_if<DateTime>() != nullptr) {
      std::string text;
      append_csv_text(item, item_form, forms, text);
      if (text.find(forms.array_delimiter) != std::string::npos) return as_json(kDelimiterLoss);
    }
    if (item_form.loss == nullptr) item_form.loss = form.loss;
    form = item_form;
    is_first = false;
  }
  // One empty text would read back as no item at all.
  const auto* only = list.front().get_if<std::string>();
  if (list.size() == 1 && only != nullptr && only->empty()) return as_json(kJsonLoss);
  form.type.is_list = true;
  return form;
}

struct FormOf {
  const CsvForms& forms;
  CsvForm operator()(std::monostate) const { return as_json(kJsonLoss); }
  CsvForm operator()(bool) const { return typed(Kind::boolean); }
  CsvForm operator()(std::int64_t) const { return typed(Kind::int64); }
  CsvForm operator()(double value) const { return typed(Kind::float64, nan_loss(value)); }
  CsvForm operator()(const std::string&) const { return typed(Kind::text); }
  CsvForm operator()(const Bytes&) const {
    CsvForm form = typed(Kind::int8);
    form.type.is_list = true;
    return form;
  }
  CsvForm operator()(const Date&) const { return typed(Kind::date); }
  CsvForm operator()(const Time& time) const {
    return typed(time.offset_minutes ? Kind::time : Kind::local_time);
  }
  CsvForm operator()(const DateTime& time) const {
    return typed(time.offset_minutes ? Kind::datetime : Kind::local_datetime);
  }
  CsvForm operator()(const Duration&) const { return typed(Kind::duration); }
  CsvForm operator()(const Point& point) const { return form_of_point(point); }
  CsvForm operator()(const List& list) const { return form_of_list(list, forms); }
  CsvForm operator()(const Map&) const { return as_json(kJsonLoss); }
  CsvForm operator()(const Vector& vector) const {
    if (vector.elements.empty()) return as_json(kJsonLoss);
    for (const float element : vector.elements) {
      if (std::isnan(element)) return as_json(kJsonLoss);
    }
    if (forms.has_vectors) return typed(Kind::vector);
    CsvForm form = typed(Kind::float32, kVectorLoss);
    form.type.is_list = true;
    return form;
  }
  CsvForm operator()(const SparseVector&) const { return as_json(kJsonLoss); }
  CsvForm operator()(const MultiVector&) const { return as_json(kJsonLoss); }
};

template <typename Number>
void append_number(Number value, std::string& out) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

// Java's names of what is not finite, which neo4j-admin reads.
template <typename Real>
void append_real(Real value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    char buffer[kDoubleTextMax];
    char* const end = sizeof(Real) == sizeof(float)
                          ? write_finite_float(buffer, static_cast<float>(value))
                          : write_finite_double(buffer, static_cast<double>(value));
    out.append(buffer, static_cast<std::size_t>(end - buffer));
  }
}

void append_point(const Point& point, std::string& out) {
  const std::string_view crs = crs_of(point.srid);
  const bool geographic = crs.starts_with("wgs");
  out += geographic ? "{longitude:" : "{x:";
  append_real(point.x, out);
  out += geographic ? ", latitude:" : ", y:";
  append_real(point.y, out);
  if (point.z) {
    out += geographic ? ", height:" : ", z:";
    append_real(*point.z, out);
  }
  if (crs.empty()) {
    out += ", srid:";
    append_number(point.srid, out);
  } else {
    out.append(", crs:").append(crs);
  }
  out += '}';
}

struct AppendText {
  char array_delimiter;
  std::string& out;

  template <typename Write>
  void written(Write write) const {
    static_assert(kDurationTextMax >= kTimeOfDayTextMax && kDurationTextMax >= kDateTextMax);
    std::array<char, kDurationTextMax> buffer{};
    char* const end = write(buffer.data());
    out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  }
  void date(std::int32_t days) const {
    written([&](char* to) { return write_date(to, days); });
  }
  void clock(std::int64_t nanoseconds, std::optional<std::int16_t> offset) const {
    written([&](char* to) { return write_time_of_day(to, nanoseconds); });
    if (offset) written([&](char* to) { return write_offset(to, *offset); });
  }

  void operator()(std::monostate) const {}
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { append_number(value, out); }
  void operator()(double value) const { append_real(value, out); }
  void operator()(const std::string& text) const { out += text; }
  void operator()(const Bytes& bytes) const {
    for (std::size_t i = 0; i < bytes.data.size(); ++i) {
      if (i != 0) out += array_delimiter;
      append_number(int{static_cast<signed char>(bytes.data[i])}, out);
    }
  }
  void operator()(const Date& value) const { date(value.days); }
  void operator()(const Time& time) const { clock(time.nanoseconds, time.offset_minutes); }
  void operator()(const DateTime& time) const {
    date(time.days);
    out += 'T';
    clock(time.nanoseconds, time.offset_minutes);
    if (time.zone) out.append("[").append(*time.zone).append("]");
  }
  void operator()(const Duration& duration) const {
    written([&](char* to) { return write_duration(to, duration); });
  }
  void operator()(const Point& point) const { append_point(point, out); }
  void operator()(const List& list) const {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i != 0) out += array_delimiter;
      std::visit(*this, list[i].variant());
    }
  }
  void operator()(const Vector& vector) const {
    for (std::size_t i = 0; i < vector.elements.size(); ++i) {
      if (i != 0) out += array_delimiter;
      append_real(vector.elements[i], out);
    }
  }
  // Always as JSON.
  void operator()(const Map&) const {}
  void operator()(const SparseVector&) const {}
  void operator()(const MultiVector&) const {}
};

}  // namespace

CsvForm csv_form_of(const Value& value, const CsvForms& forms) {
  return std::visit(FormOf{forms}, value.variant());
}

void append_csv_text(const Value& value, const CsvForm& form, const CsvForms& forms,
                     std::string& out) {
  if (!form.as_json) return std::visit(AppendText{forms.array_delimiter, out}, value.variant());
  std::string encoded;
  encode_value(value, 1, encoded);
  append_json_value(encoded, out);
}

std::string csv_type_name(const CsvType& type) {
  const char* name = "string";
  switch (type.kind) {
    case Kind::boolean:
      name = "boolean";
      break;
    case Kind::int8:
      name = "byte";
      break;
    case Kind::int64:
      name = "long";
      break;
    case Kind::float32:
      name = "float";
      break;
    case Kind::float64:
      name = "double";
      break;
    case Kind::date:
      name = "date";
      break;
    case Kind::time:
      name = "time";
      break;
    case Kind::local_time:
      name = "localtime";
      break;
    case Kind::datetime:
      name = "datetime";
      break;
    case Kind::local_datetime:
      name = "localdatetime";
      break;
    case Kind::duration:
      name = "duration";
      break;
    case Kind::point:
      name = "point";
      break;
    case Kind::vector:
      name = "vector";
      break;
    default:
      break;
  }
  return type.is_list ? std::string(name) + "[]" : std::string(name);
}

void append_csv_field(std::string_view text, const CsvQuoting& quoting, std::string& out) {
  const char special[] = {quoting.delimiter, quoting.quote, '\n', '\r', '\0'};
  const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                     text.find_first_of(std::string_view(special, 4)) == std::string_view::npos;
  if (plain) {
    out += text;
    return;
  }
  out += quoting.quote;
  for (const char c : text) {
    if (c == quoting.quote) out += quoting.quote;
    out += c;
  }
  out += quoting.quote;
}

}  // namespace manifolddb::migrate
