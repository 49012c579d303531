// The second act: a mistake, found, looked at, and taken back in two ways.
#pragma once

#include <string>

#include "backup_tour.h"

namespace example {

// Archives the database's transactions while a mistake is made among others (all packages of
// `section` are deleted), finds the transaction, shows what it did, restores the state just
// before it, and undoes it in the live database. Each step prints what it does and throws
// std::runtime_error when the outcome is not as it must be.
void make_and_undo_a_mistake(const TourFiles& files, const std::string& section);

}  // namespace example
