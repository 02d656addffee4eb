# Compiler flags as interface targets: warnings, host_flags, guest_abi, guest_flags, hypercall_abi.

add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
  $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes
  -Wstrict-prototypes -Wvla -Wundef -Wformat=2 -Werror>)

# Names in our headers are relative to the repository: "hypercalls/hypercalls.h".
add_library(hypercall_abi INTERFACE)
target_include_directories(hypercall_abi INTERFACE ${PROJECT_SOURCE_DIR})

add_library(host_flags INTERFACE)
target_compile_definitions(host_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(host_flags INTERFACE -fstack-protector-strong)
target_link_libraries(host_flags INTERFACE warnings hypercall_abi)

# Libraries for ring 3 of a guest: Newlib's headers, no header of the machine's C library. Position-
# independent, so that one library serves fixed and random addresses. No stack protector: part of the
# kernel library runs before there is a canary.
add_library(guest_abi INTERFACE)
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
                OUTPUT_VARIABLE gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
target_compile_options(guest_abi INTERFACE
  -nostdinc "SHELL:-idirafter ${gcc_include}"
  -U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix -D__uhyve__=1
  -fPIE -ftls-model=local-exec -fcf-protection=none -fno-stack-protector
  -ffunction-sections -fdata-sections -fno-common
  "SHELL:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

# The kernel library.
add_library(guest_flags INTERFACE)
target_compile_definitions(guest_flags INTERFACE _GNU_SOURCE)
target_include_directories(guest_flags INTERFACE ${PROJECT_SOURCE_DIR}/guest)
target_link_libraries(guest_flags INTERFACE guest_abi warnings hypercall_abi)
