# The stage: what `make install` installs, already in its layout below the build folder, so that
# tests and examples use the commands exactly as users do.
set(STAGE_DIR ${PROJECT_BINARY_DIR}/stage)
set(SYSROOT_NAME lib/uhyve/x86_64-uhyve-elf)
set(STAGE_SYSROOT ${STAGE_DIR}/${SYSROOT_NAME})

# configure_depends(PATTERN...): what is kept outside the build folder is looked for again when a file
# that matches has changed, has come or has gone.
function(configure_depends)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${ARGN})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
endfunction()

# Newlib is built once a version and set of flags, and kept outside the build folder.
configure_depends(${PROJECT_SOURCE_DIR}/third_party/newlib/* ${PROJECT_SOURCE_DIR}/guest/libc/include/*)
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/third_party/newlib/build.sh
                OUTPUT_VARIABLE NEWLIB_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
file(COPY ${NEWLIB_PREFIX}/x86_64-uhyve-elf DESTINATION ${STAGE_DIR}/lib/uhyve)
set_property(GLOBAL APPEND PROPERTY GUEST_LIBRARIES ${STAGE_SYSROOT}/lib/libnewlib.a)
target_compile_options(guest_abi INTERFACE "SHELL:-idirafter ${STAGE_SYSROOT}/include")

# Languages that programs can be written in; C and OpenMP are there in any case.
set(UHYVE_LANGUAGES "C;CXX;Fortran" CACHE STRING "Languages of programs for uhyve")

# stage_file(SOURCE FOLDER): copies a file into the stage when it changes, and installs it.
function(stage_file source folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "PROGRAM" "" "")
  get_filename_component(name ${source} NAME)
  set(target ${STAGE_DIR}/${folder}/${name})
  add_custom_command(OUTPUT ${target}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${STAGE_DIR}/${folder}
    COMMAND ${CMAKE_COMMAND} -E copy ${source} ${target}
    DEPENDS ${source} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY STAGED_FILES ${target})
  if(arg_PROGRAM)
    install(PROGRAMS ${source} DESTINATION ${folder})
  else()
    install(FILES ${source} DESTINATION ${folder})
  endif()
endfunction()

configure_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve.pc.in ${PROJECT_BINARY_DIR}/uhyve.pc @ONLY)
stage_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve-cc bin PROGRAM)
if("CXX" IN_LIST UHYVE_LANGUAGES)
  stage_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve-c++ bin PROGRAM)
endif()
if("Fortran" IN_LIST UHYVE_LANGUAGES)
  stage_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve-fortran bin PROGRAM)
endif()
stage_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve.specs lib/uhyve)
stage_file(${PROJECT_SOURCE_DIR}/toolchain/uhyve.cmake share/cmake/uhyve)
stage_file(${PROJECT_BINARY_DIR}/uhyve.pc lib/pkgconfig)
stage_file(${PROJECT_SOURCE_DIR}/guest/uhyve.ld ${SYSROOT_NAME}/lib)
stage_file(${PROJECT_SOURCE_DIR}/guest/api/uhyve/realtime.h ${SYSROOT_NAME}/include/uhyve)
stage_file(${PROJECT_SOURCE_DIR}/guest/api/uhyve/sync.h ${SYSROOT_NAME}/include/uhyve)
stage_file(${PROJECT_SOURCE_DIR}/guest/api/uhyve/task.h ${SYSROOT_NAME}/include/uhyve)

# Libraries that come with the compiler.
add_subdirectory(${PROJECT_SOURCE_DIR}/third_party/gcc)
stage_file(${PROJECT_BINARY_DIR}/third_party/gcc/libgomp/omp.h ${SYSROOT_NAME}/include)
stage_file(${GCC_SOURCES}/libgomp/openacc.h ${SYSROOT_NAME}/include)

get_property(staged_files GLOBAL PROPERTY STAGED_FILES)
add_custom_target(stage ALL DEPENDS ${staged_files})
install(DIRECTORY ${NEWLIB_PREFIX}/x86_64-uhyve-elf DESTINATION lib/uhyve)
