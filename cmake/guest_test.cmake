# Tests that run a guest program and look at everything it gives back.

# guest_test(NAME [PROGRAM file] [OPTIONS option...] [ARGS argument...] [ENV name=value...]
#            [STATUS number] [STDOUT regex] [STDERR regex] [STDIN file] [TIMEOUT seconds]
#            [GROUP name] [NO_HWVIRT]):
# runs the program, by default the one called NAME in the current folder, under uhyve as the test
# GROUP.NAME; the group is guest, unless one is given. Exit status and whole output must match; without a regex a stream must stay empty.
# The same run is a case under emulated SVM, on one CPU and on two, where the exit status alone
# counts, unless NO_HWVIRT says that it is too much for that small machine.
function(guest_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_HWVIRT" "PROGRAM;STATUS;STDOUT;STDERR;STDIN;TIMEOUT;GROUP"
                        "OPTIONS;ARGS;ENV")
  if(NOT DEFINED arg_GROUP)
    set(arg_GROUP guest)
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "guest_test(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT DEFINED arg_PROGRAM)
    set(arg_PROGRAM ${CMAKE_CURRENT_BINARY_DIR}/${name})
  endif()
  set(expected)
  foreach(what STATUS STDOUT STDERR STDIN)
    if(DEFINED arg_${what})
      string(TOLOWER ${what} option)
      list(APPEND expected --${option} "${arg_${what}}")
    endif()
  endforeach()
  add_test(NAME ${arg_GROUP}.${name}
           COMMAND ${PROJECT_SOURCE_DIR}/tests/run_guest.sh ${expected} --
                   ${arg_OPTIONS} ${arg_PROGRAM} ${arg_ARGS})
  guest_test_properties(${arg_GROUP}.${name} "${arg_TIMEOUT}" ${arg_ENV})
  if(NOT arg_NO_HWVIRT)
    if(NOT DEFINED arg_STATUS)
      set(arg_STATUS 0)
    endif()
    string(REPLACE "." "-" case ${arg_GROUP}-${name})
    hwvirt_cases(${case} ${arg_PROGRAM} ${arg_STATUS} "" OPTIONS ${arg_OPTIONS} ARGS ${arg_ARGS})
  endif()
endfunction()

# script_test(NAME SCRIPT [ENV name=value...] [TIMEOUT seconds]): a test that is a Bash script,
# for what takes more than one run. It finds the programs of its folder in $PROGRAMS.
function(script_test name script)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "ENV")
  add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${script})
  guest_test_properties(${name} "${arg_TIMEOUT}" ${arg_ENV})
endfunction()

function(guest_test_properties name timeout)
  if(NOT timeout)
    set(timeout 20)
  endif()
  set(environment
    STAGE=${STAGE_DIR} PROGRAMS=${CMAKE_CURRENT_BINARY_DIR}
    EXAMPLES=${PROJECT_BINARY_DIR}/examples ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} ENVIRONMENT "${environment}")
endfunction()
