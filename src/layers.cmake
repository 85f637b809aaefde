# starlock_layer(NAME [LAYERS other…] [USES library…]): makes the static library starlock_NAME from src/NAME/*.cc and
# src/NAME/*/*.cc.
#
# The build enforces the layers:
#  - There is no include root for all of src. Each layer has its own, <build>/layers/NAME, which contains only a link NAME
#    to src/NAME. So only a layer that links net finds "net/loop.h".
#  - Debian installs all headers into /usr/include, where every layer would find them. So each library has a folder
#    <build>/forbidden/LIBRARY with headers of the same names that contain #error. It comes first in the include path of
#    every layer that does not use the library.
# The test `layers` (tests/layers) compares both with its table of allowed includes.

set(starlock_libraries uv openssl yaml-cpp CLI fmt nlohmann expat)
set(starlock_layers)

foreach(library ${starlock_libraries})
  foreach(header ${starlock_headers_${library}})
    set(file "${CMAKE_BINARY_DIR}/forbidden/${library}/${header}")
    if(NOT EXISTS "${file}")
      file(WRITE "${file}" "#error \"${header} is not for this layer: see USES in the top CMakeLists.txt\"\n")
    endif()
  endforeach()
endforeach()

# starlock_include_root(OUT NAME LINK FOLDER): makes the include root <build>/layers/NAME, which contains only a link LINK
# to FOLDER, and sets OUT to it.
function(starlock_include_root out name link folder)
  set(root "${CMAKE_BINARY_DIR}/layers/${name}")
  file(MAKE_DIRECTORY "${root}")
  if(NOT IS_SYMLINK "${root}/${link}")
    file(CREATE_LINK "${folder}" "${root}/${link}" SYMBOLIC)
  endif()
  set(${out} "${root}" PARENT_SCOPE)
endfunction()

function(starlock_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LAYERS;USES")
  starlock_include_root(include_dir ${name} ${name} "${PROJECT_SOURCE_DIR}/src/${name}")

  # Flags and libraries for the layer's own files only.
  add_library(starlock_${name}_private INTERFACE)
  target_link_libraries(starlock_${name}_private INTERFACE starlock_flags)
  foreach(library ${starlock_libraries})
    if(library IN_LIST arg_USES)
      target_link_libraries(starlock_${name}_private INTERFACE starlock_uses_${library})
    else()
      target_include_directories(starlock_${name}_private BEFORE INTERFACE "${CMAKE_BINARY_DIR}/forbidden/${library}")
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/src/${name}/*.cc" "${PROJECT_SOURCE_DIR}/src/${name}/*/*.cc")
  list(REMOVE_ITEM sources "${PROJECT_SOURCE_DIR}/src/cli/main.cc")
  set(layers ${arg_LAYERS})
  list(TRANSFORM layers PREPEND starlock_)
  if(sources)
    add_library(starlock_${name} STATIC ${sources})
    target_include_directories(starlock_${name} PUBLIC "${include_dir}")
    target_link_libraries(starlock_${name} PUBLIC ${layers} PRIVATE starlock_${name}_private)
  else()
    add_library(starlock_${name} INTERFACE)
    target_include_directories(starlock_${name} INTERFACE "${include_dir}")
    target_link_libraries(starlock_${name} INTERFACE ${layers})
  endif()
  set(starlock_layers ${starlock_layers} ${name} PARENT_SCOPE)
endfunction()
