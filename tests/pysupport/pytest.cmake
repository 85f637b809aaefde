# starlock_pytest(LABEL TIMEOUT): adds a test for each test_*.py in the calling folder.
#
# The interpreter is Debian's, whatever else is in PATH, because pytest comes from Debian too. It is needed when the tests
# run, not for building.
set(STARLOCK_PYTHON /usr/bin/python3 CACHE FILEPATH "The interpreter that has pytest")

# Timeouts are multiplied by this: a sanitizer's binary is slower.
set(starlock_slowdown 1)
if(STARLOCK_SANITIZE MATCHES thread)
  set(starlock_slowdown 8)
elseif(STARLOCK_SANITIZE)
  set(starlock_slowdown 4)
endif()

function(starlock_pytest label timeout)
  math(EXPR timeout "${timeout} * ${starlock_slowdown}")
  file(GLOB scripts CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" test_*.py)
  foreach(script ${scripts})
    string(REGEX REPLACE "^test_(.*)\\.py$" "\\1" name "${script}")
    add_test(NAME ${label}.${name}
      COMMAND "${STARLOCK_PYTHON}" -m pytest -q -p no:cacheprovider "${CMAKE_CURRENT_SOURCE_DIR}/${script}")
    set(environment "STARLOCK_BINARY=$<TARGET_FILE:starlock>" "STARLOCK_TEST_SLOWDOWN=${starlock_slowdown}"
      PYTHONDONTWRITEBYTECODE=1)
    set_tests_properties(${label}.${name} PROPERTIES
      LABELS ${label} TIMEOUT ${timeout} ENVIRONMENT "${environment}")
  endforeach()
endfunction()
