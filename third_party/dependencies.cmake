# Third-party libraries. Each becomes a target starlock_uses_<name>. third_party/README.md lists their sources.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(EXPAT REQUIRED)
find_path(UV_INCLUDE_DIR uv.h REQUIRED)
find_library(UV_LIBRARY uv REQUIRED)

function(starlock_uses name)
  add_library(starlock_uses_${name} INTERFACE)
  target_link_libraries(starlock_uses_${name} INTERFACE ${ARGN})
endfunction()

# BoringSSL: the user's own build, or the one that third_party/boringssl/build makes once per machine.
set(BORINGSSL_ROOT "" CACHE PATH "A built BoringSSL: include/openssl, lib/libssl.a, lib/libcrypto.a")
set(BORINGSSL_SOURCE "" CACHE PATH "The source tree of BORINGSSL_ROOT, for ssl/internal.h")
set(boringssl_root "${BORINGSSL_ROOT}")
set(boringssl_source "${BORINGSSL_SOURCE}")
if(NOT boringssl_root)
  if(STARLOCK_SANITIZE MATCHES "thread")
    set(variant tsan)
  else()
    set(variant plain)
  endif()
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/third_party/boringssl/build ${variant}
    OUTPUT_VARIABLE boringssl_root OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(boringssl_source "${boringssl_root}")
endif()
foreach(file include/openssl/ssl.h lib/libssl.a lib/libcrypto.a)
  if(NOT EXISTS "${boringssl_root}/${file}")
    message(FATAL_ERROR "BORINGSSL_ROOT: ${boringssl_root}/${file} does not exist")
  endif()
endforeach()
message(STATUS "BoringSSL: ${boringssl_root}")

add_library(boringssl_crypto STATIC IMPORTED)
set_target_properties(boringssl_crypto PROPERTIES
  IMPORTED_LOCATION "${boringssl_root}/lib/libcrypto.a"
  INTERFACE_INCLUDE_DIRECTORIES "${boringssl_root}/include"
  INTERFACE_LINK_LIBRARIES Threads::Threads)
add_library(boringssl_ssl STATIC IMPORTED)
set_target_properties(boringssl_ssl PROPERTIES
  IMPORTED_LOCATION "${boringssl_root}/lib/libssl.a"
  INTERFACE_LINK_LIBRARIES boringssl_crypto)
if(boringssl_source)
  # For <ssl/internal.h>. Without it, __has_include is false and the record layer uses the public API.
  set_property(TARGET boringssl_ssl PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${boringssl_source}")
endif()

add_library(uv UNKNOWN IMPORTED)
set_target_properties(uv PROPERTIES
  IMPORTED_LOCATION "${UV_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${UV_INCLUDE_DIR}"
  INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")

starlock_uses(uv uv)
starlock_uses(openssl boringssl_ssl)
starlock_uses(yaml-cpp yaml-cpp)
starlock_uses(CLI CLI11::CLI11)
starlock_uses(expat EXPAT::EXPAT)
starlock_uses(fmt fmt::fmt)
starlock_uses(nlohmann nlohmann_json::nlohmann_json)

# starlock_headers_<name>: the headers reserved for layers that use the library, as written in an #include.
function(starlock_headers name include_dir pattern)
  file(GLOB_RECURSE headers LIST_DIRECTORIES false RELATIVE "${include_dir}" "${include_dir}/${pattern}")
  if(NOT headers)
    message(FATAL_ERROR "${name}: no file matches ${include_dir}/${pattern}")
  endif()
  set(starlock_headers_${name} "${headers}" PARENT_SCOPE)
endfunction()

foreach(library_header yaml-cpp/yaml.h CLI/CLI.hpp fmt/core.h nlohmann/json.hpp)
  get_filename_component(name ${library_header} DIRECTORY)
  get_filename_component(extension ${library_header} EXT)
  find_path(STARLOCK_${name}_INCLUDE_DIR ${library_header} REQUIRED)
  mark_as_advanced(STARLOCK_${name}_INCLUDE_DIR)
  starlock_headers(${name} "${STARLOCK_${name}_INCLUDE_DIR}" "${name}/*${extension}")
endforeach()
starlock_headers(openssl "${boringssl_root}/include" "openssl/*.h")
set(starlock_headers_uv uv.h)
set(starlock_headers_expat expat.h expat_external.h)
