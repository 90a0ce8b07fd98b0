# The few ways in which this project makes a target.

# ov_library(NAME SOURCES ... DEPS ...): a static library of one folder.
function(ov_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC overt_flags ${ARG_DEPS})
endfunction()

# ov_program(NAME SOURCES ... DEPS ... DESTINATION dir): an installed program.
function(ov_program name)
  cmake_parse_arguments(ARG "" "DESTINATION" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_libraries(${name} PRIVATE overt_flags ${ARG_DEPS})
  install(TARGETS ${name} RUNTIME DESTINATION ${ARG_DESTINATION})
endfunction()

# ov_test_run(TEST PROGRAM LABELS ... TIMEOUT s [ARGS ...]): ctest runs a test program under a name.
# Exit status 77 means skipped; the reason is on the program's output.
function(ov_test_run test program)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;ARGS" ${ARGN})
  add_test(NAME ${test} COMMAND ${program} ${ARG_ARGS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${test} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       SKIP_RETURN_CODE 77
                       ENVIRONMENT "OVERT_SOURCE_DIR=${PROJECT_SOURCE_DIR};OVERT_BUILD_DIR=${PROJECT_BINARY_DIR};OVERT_DEPS=${OVERT_DEPS}")
  if(integration IN_LIST ARG_LABELS)
    # What it says to the API is kept, for tests/openapi.
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
                 "OVERT_API_RECORDING=${PROJECT_BINARY_DIR}/api-recording/${test}.jsonl")
    set_property(TEST ${test} APPEND PROPERTY FIXTURES_REQUIRED api_recording)
    set_property(GLOBAL APPEND PROPERTY OVERT_RECORDED_TESTS ${test})
  endif()
endfunction()

# ov_test(NAME SOURCES ... DEPS ... LABELS ... [TIMEOUT s] [THREADS] [ARGS ...]): one CMocka
# program, run by ctest. THREADS adds the label "threads": it also runs under ThreadSanitizer.
function(ov_test name)
  cmake_parse_arguments(ARG "THREADS" "TIMEOUT" "SOURCES;DEPS;LABELS;ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(ARG_THREADS)
    list(APPEND ARG_LABELS threads)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE overt_flags ${ARG_DEPS} PkgConfig::CMOCKA)
  ov_test_run(${name} ${name} LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT} ARGS ${ARG_ARGS})
endfunction()

# ov_bench(NAME SOURCES ... DEPS ...): a benchmark; built with the tests, run by hand.
function(ov_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_link_libraries(${name} PRIVATE overt_flags ${ARG_DEPS})
endfunction()
