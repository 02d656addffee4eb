# CMake toolchain file: cmake -DCMAKE_TOOLCHAIN_FILE=<prefix>/share/cmake/uhyve/uhyve.cmake

# A platform that CMake knows nothing about, without shared libraries.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

get_filename_component(uhyve_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(CMAKE_C_COMPILER "${uhyve_prefix}/bin/uhyve-cc")
set(CMAKE_CXX_COMPILER "${uhyve_prefix}/bin/uhyve-c++")
set(CMAKE_Fortran_COMPILER "${uhyve_prefix}/bin/uhyve-fortran")

# Libraries and headers of the machine are of no use to the program, its tools are to the build.
set(CMAKE_FIND_ROOT_PATH "${uhyve_prefix}/lib/uhyve/x86_64-uhyve-elf")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
