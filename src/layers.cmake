# starlock_layer(NAME [LAYERS other…] [USES library…]): the static library starlock_NAME of src/NAME/*.cc and of the
# folders in it.
#
# The build itself keeps the layers apart:
#  - There is no include root for all of src. Each layer has one of its own, <build>/layers/NAME, which holds nothing but
#    a link NAME to src/NAME; so "net/loop.h" is found only by layers that link net.
#  - Debian's headers all lie in /usr/include, where anyone would find them. So for each library there is a folder
#    <build>/forbidden/LIBRARY of headers with the same names that are errors, and a layer that does not use the library
#    has that folder before all others.
# The test `layers` (tests/layers) holds both against the table of arrows.

set(starlock_libraries uv openssl yaml-cpp CLI fmt spdlog nlohmann expat)
set(starlock_layers)

foreach(library ${starlock_libraries})
  foreach(header ${starlock_headers_${library}})
    set(file "${CMAKE_BINARY_DIR}/forbidden/${library}/${header}")
    if(NOT EXISTS "${file}")
      file(WRITE "${file}" "#error \"${header} is not for this layer: see USES in the top CMakeLists.txt\"\n")
    endif()
  endforeach()
endforeach()

# starlock_include_root(OUT NAME LINK FOLDER): an include root, <build>/layers/NAME, that holds nothing but a link LINK to
# FOLDER.
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

  # What the layer's own files are compiled with, apart from the layers below.
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
