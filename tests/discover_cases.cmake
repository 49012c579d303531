# Run after a test program was linked: asks it for its tests and writes the ctest cases, one for each
# suite, since starting a program under AddressSanitizer takes longer than most tests do. Of suites
# that match SPLIT each test is a case, and these are started first. Suites whose name ends in Soak have
# the label soak, all others fast; a hanging test must not stop the whole run.
#   cmake -D PROGRAM= -D PREFIX= -D SPLIT= -D RUN= -D RESULTS= -D OUTPUT= -P discover_cases.cmake
set(FAST_PROPERTIES "TIMEOUT 1500 LABELS fast")
set(SOAK_PROPERTIES "TIMEOUT 7200 LABELS soak")
execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_filter=${RUN} OUTPUT_VARIABLE listed
                COMMAND_ERROR_IS_FATAL ANY TIMEOUT 60)
set(script "")
macro(add_case name filter cost)
  # scripts/count-tests finds what gtest says of its tests by the case's name.
  string(REPLACE "/" "-" file "${name}")
  string(APPEND script
    "add_test([=[${name}]=] [=[${PROGRAM}]=] [=[--gtest_filter=${filter}]=] [=[--gtest_output=xml:${RESULTS}/${file}.xml]=])\n"
    "set_tests_properties([=[${name}]=] PROPERTIES ${cost}${properties})\n")
endmacro()

string(REGEX REPLACE "#[^\n]*" "" listed "${listed}")
string(REGEX MATCHALL "[^\n]+" lines "${listed}")
foreach(line IN LISTS lines)
  string(STRIP "${line}" name)
  if(line MATCHES "^[^ ].*\\.[ ]*$")
    set(suite "${name}")  # with its dot
    set(properties "${FAST_PROPERTIES}")
    if(suite MATCHES "Soak\\.$")
      set(properties "${SOAK_PROPERTIES}")
    endif()
    if(NOT suite MATCHES "${SPLIT}")
      string(REGEX REPLACE "\\.$" "" suite_name "${suite}")
      add_case("${PREFIX}.${suite_name}" "${suite}*" "")
    endif()
  elseif(line MATCHES "^  " AND suite MATCHES "${SPLIT}")
    add_case("${PREFIX}.${suite}${name}" "${suite}${name}" "COST 100 ")
  endif()
endforeach()
file(WRITE ${OUTPUT} "${script}")
