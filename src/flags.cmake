# Compile and link flags of all our code. Targets link starlock_flags PRIVATE.

add_library(starlock_flags INTERFACE)

target_compile_options(starlock_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual
  -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef -Wvla -Wextra-semi -Wunused)
if(STARLOCK_WERROR)
  target_compile_options(starlock_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(starlock_flags INTERFACE -Wduplicated-cond -Wlogical-op)
  # GCC 12 reports overlapping copies in std::string that do not exist (GCC bug 105651).
  target_compile_options(starlock_flags INTERFACE -Wno-restrict)
endif()

# An index out of range in a standard container aborts the process instead of reading out of bounds.
target_compile_definitions(starlock_flags INTERFACE _GLIBCXX_ASSERTIONS)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(STARLOCK_FUZZ)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -gline-tables-only")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g") # for the sanitizers; assertions stay enabled
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

if(STARLOCK_SANITIZE)
  set(sanitize -fsanitize=${STARLOCK_SANITIZE} -fno-omit-frame-pointer)
  if(STARLOCK_SANITIZE MATCHES "undefined")
    # The vptr check opens a pipe to test whether memory is readable. Some tests exhaust the file descriptors on purpose,
    # and the check then reports every object as broken.
    list(APPEND sanitize -fno-sanitize-recover=all -fno-sanitize=vptr)
  endif()
  if(STARLOCK_FUZZ)
    list(APPEND sanitize -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(starlock_flags INTERFACE ${sanitize})
  target_link_options(starlock_flags INTERFACE ${sanitize})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumentation causes false positives in the warnings that track values through a function.
    target_compile_options(starlock_flags INTERFACE
      -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
else()
  target_compile_options(starlock_flags INTERFACE -fstack-protector-strong)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(starlock_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
target_link_options(starlock_flags INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--as-needed)
