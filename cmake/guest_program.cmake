# guest_program(NAME SOURCE... [OPTIONS ...] [LIBRARIES ...] [DEPENDS header...]): builds a program for
# uhyve with the staged uhyve-cc, uhyve-c++ (.cpp) or uhyve-fortran (.f90), as a user would: the file
# ${CMAKE_CURRENT_BINARY_DIR}/NAME. The target is guest_FOLDER_NAME, with the folder in the project.
function(guest_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "OPTIONS;LIBRARIES;DEPENDS")
  list(TRANSFORM arg_UNPARSED_ARGUMENTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  set(program ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set(compiler uhyve-cc)
  if(sources MATCHES "\\.cpp(;|$)")
    set(compiler uhyve-c++)
  elseif(sources MATCHES "\\.f90(;|$)")
    set(compiler uhyve-fortran)
  endif()
  get_property(staged_files GLOBAL PROPERTY STAGED_FILES)
  get_property(libraries GLOBAL PROPERTY GUEST_LIBRARIES)
  add_custom_command(OUTPUT ${program}
    COMMAND ${STAGE_DIR}/bin/${compiler} -O2 -g -Wall -Wextra -Werror ${arg_OPTIONS} ${sources}
            -o ${program} ${arg_LIBRARIES}
    DEPENDS ${sources} ${arg_DEPENDS} ${staged_files} ${libraries} uhyve_kernel
    COMMENT "Building guest program ${name}" VERBATIM)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(MAKE_C_IDENTIFIER guest_${folder}_${name} target)
  add_custom_target(${target} ALL DEPENDS ${program})
  file(RELATIVE_PATH path ${PROJECT_BINARY_DIR} ${program})
  set_property(GLOBAL APPEND_STRING PROPERTY GUEST_PROGRAMS "${path}\n")
endfunction()

# guest_programs_write(FILE): which programs there are, one a line, when everything is configured.
function(guest_programs_write file)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${PROJECT_SOURCE_DIR}]]
                            CALL guest_programs_write_now [[${file}]])")
endfunction()

function(guest_programs_write_now file)
  get_property(programs GLOBAL PROPERTY GUEST_PROGRAMS)
  file(WRITE ${file} "${programs}")
endfunction()
