# How all code of ours is compiled and linked: link starlock_flags PRIVATE.

add_library(starlock_flags INTERFACE)

target_compile_options(starlock_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual
  -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef -Wvla -Wextra-semi -Wunused)
if(STARLOCK_WERROR)
  target_compile_options(starlock_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(starlock_flags INTERFACE -Wduplicated-cond -Wlogical-op)
  # GCC 12 sees overlapping copies in std::string where there are none (its bug 105651).
  target_compile_options(starlock_flags INTERFACE -Wno-restrict)
endif()

# An index out of range in a container of the standard library ends the process instead of reading on.
target_compile_definitions(starlock_flags INTERFACE _GLIBCXX_ASSERTIONS)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(STARLOCK_FUZZ)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -gline-tables-only")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g") # for the sanitizers: assertions stay
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

if(STARLOCK_SANITIZE)
  set(sanitize -fsanitize=${STARLOCK_SANITIZE} -fno-omit-frame-pointer)
  if(STARLOCK_SANITIZE MATCHES "undefined")
    # The check of vptr opens a pipe to see whether memory can be read: where descriptors have run out, as some tests
    # will have it, it takes every object for a broken one.
    list(APPEND sanitize -fno-sanitize-recover=all -fno-sanitize=vptr)
  endif()
  if(STARLOCK_FUZZ)
    list(APPEND sanitize -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(starlock_flags INTERFACE ${sanitize})
  target_link_options(starlock_flags INTERFACE ${sanitize})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What is instrumented confuses the warnings that follow values through a function.
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
