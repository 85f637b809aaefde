# starlock_pytest(LABEL TIMEOUT): a test for each test_*.py of the folder it is called from.
#
# The interpreter is Debian's, whatever else is on the PATH: pytest comes from Debian too. It is looked for when the tests
# run, not when the build is configured, so that building needs neither.
set(STARLOCK_PYTHON /usr/bin/python3 CACHE FILEPATH "The interpreter that has pytest")

# How much longer a sanitizer's binary may take for everything.
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
