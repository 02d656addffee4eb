# hwvirt_case(NAME PROGRAM STATUS REGEX [OPTIONS ...] [ARGS ...] [LATE_INPUT word]): one run of a guest
# program under emulated SVM, in the one boot of test hwvirt.guests. PROGRAM is a file, OPTIONS are
# the monitor's, ARGS the guest's, neither with blanks; REGEX (grep -E) must match a line of standard
# output or error, unless it is empty. Standard input is empty, or a pipe from which the word, with a
# newline, comes after a second.
function(hwvirt_case name program status regex)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "LATE_INPUT" "OPTIONS;ARGS")
  list(JOIN arg_OPTIONS " " options)
  list(JOIN arg_ARGS " " args)
  set_property(GLOBAL APPEND_STRING PROPERTY HWVIRT_CASES
               "${name}|${program}|${status}|${options}|${args}|${arg_LATE_INPUT}|${regex}\n")
endfunction()

# The same on one CPU and on two, unless OPTIONS says how many.
function(hwvirt_cases name program status regex)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "" "OPTIONS")
  if("-c" IN_LIST arg_OPTIONS)
    hwvirt_case(${name} ${program} ${status} "${regex}" OPTIONS ${arg_OPTIONS} ${arg_UNPARSED_ARGUMENTS})
    return()
  endif()
  foreach(count 1 2)
    hwvirt_case(${name}-${count}-cpus ${program} ${status} "${regex}" OPTIONS -c ${count} ${arg_OPTIONS}
                ${arg_UNPARSED_ARGUMENTS})
  endforeach()
endfunction()

# Writes the cases to FILE when everything is configured.
function(hwvirt_write_cases file)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${PROJECT_SOURCE_DIR}]]
                            CALL hwvirt_write_cases_now [[${file}]])")
endfunction()

function(hwvirt_write_cases_now file)
  get_property(cases GLOBAL PROPERTY HWVIRT_CASES)
  file(WRITE ${file} "${cases}")
endfunction()
