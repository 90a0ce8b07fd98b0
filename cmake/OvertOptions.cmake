# Everything a builder may choose. Presets set these; nothing else reads the environment.

option(OVERT_TESTS "Build the tests and benchmarks" OFF)
option(OVERT_WERROR "Treat warnings as errors" ON)
set(OVERT_SANITIZE "" CACHE STRING "Sanitizers to build with: '', 'address,undefined' or 'thread'")
set(OVERT_DEPS "${PROJECT_SOURCE_DIR}/.deps" CACHE PATH
    "Where deploy/setup put FAISS, ONNX Runtime, the model pack and dbmate")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
