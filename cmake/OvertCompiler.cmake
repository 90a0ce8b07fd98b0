# Language level, warnings, hardening and sanitizers, the same for every target.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

include(CheckPIESupported)
check_pie_supported()

add_library(overt_flags INTERFACE)
target_include_directories(overt_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(overt_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64
                           OVERT_VERSION="${PROJECT_VERSION}")
target_compile_options(overt_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wundef -Wformat=2 -Wimplicit-fallthrough
  -Wswitch-enum -Wvla -Wnull-dereference -Wno-unused-parameter
  $<$<BOOL:${OVERT_WERROR}>:-Werror>
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wno-pedantic-ms-format>
  $<$<C_COMPILER_ID:Clang>:-Wno-gnu-zero-variadic-macro-arguments -Wno-format-nonliteral>
  -fno-strict-aliasing -fno-omit-frame-pointer
  -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=) # an error's origin is a path from the root
target_link_libraries(overt_flags INTERFACE Threads::Threads)
# Symbols are bound at start: binding one lazily in the middle of a comparison saves the vector
# registers, and with them a piece of a descriptor, on the stack.
target_link_options(overt_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

if(OVERT_SANITIZE)
  target_compile_options(overt_flags INTERFACE -fsanitize=${OVERT_SANITIZE}
                         -fno-sanitize-recover=all)
  target_link_options(overt_flags INTERFACE -fsanitize=${OVERT_SANITIZE})
else()
  target_compile_options(overt_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
    -fcf-protection $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
