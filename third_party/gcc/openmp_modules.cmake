# The modules omp_lib and openacc, for Fortran programs that ask OpenMP and OpenACC questions.
set(modules_name ${SYSROOT_NAME}/lib/gcc/finclude)
set(modules_folder ${STAGE_DIR}/${modules_name})
set(module_sources ${CMAKE_CURRENT_BINARY_DIR}/libgomp/omp_lib.f90 ${GCC_SOURCES}/libgomp/openacc.f90)
set(include_files ${CMAKE_CURRENT_BINARY_DIR}/libgomp/omp_lib.h ${GCC_SOURCES}/libgomp/openacc_lib.h)
set(modules omp_lib.mod omp_lib_kinds.mod openacc.mod openacc_kinds.mod)
list(TRANSFORM modules PREPEND ${modules_folder}/)

add_custom_command(OUTPUT ${modules} ${modules_folder}/omp_lib.h ${modules_folder}/openacc_lib.h
  COMMAND gfortran-12 -cpp -fopenmp -fsyntax-only -J${modules_folder} ${module_sources}
  COMMAND ${CMAKE_COMMAND} -E copy ${include_files} ${modules_folder}
  DEPENDS ${module_sources} ${include_files} VERBATIM)
add_custom_target(openmp_modules ALL DEPENDS ${modules})
set_property(GLOBAL APPEND PROPERTY GUEST_LIBRARIES openmp_modules)
install(FILES ${modules} ${include_files} DESTINATION ${modules_name})
