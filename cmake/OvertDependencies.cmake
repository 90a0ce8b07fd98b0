# Where each outside library comes from. Everything but FAISS and ONNX Runtime is Debian's own.

find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)

pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent libevent_openssl libevent_pthreads)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
                  libavformat libavcodec libavutil libswscale libavdevice)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
if(OVERT_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()
find_program(PROTOC_C protoc-c REQUIRED)

# ONNX Runtime: only its header at build time; the library is loaded when a program starts.
find_path(ONNXRUNTIME_INCLUDE onnxruntime_c_api.h
          PATHS ${OVERT_DEPS}/include/onnxruntime /usr/include/onnxruntime NO_DEFAULT_PATH REQUIRED)
add_library(overt_onnxruntime INTERFACE)
target_include_directories(overt_onnxruntime SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE})
target_link_libraries(overt_onnxruntime INTERFACE ${CMAKE_DL_LIBS})
target_compile_definitions(overt_onnxruntime INTERFACE
  OVERT_ONNXRUNTIME_BUILT="${OVERT_DEPS}/lib/libonnxruntime.so.1"
  OVERT_ONNXRUNTIME_INSTALLED="${CMAKE_INSTALL_FULL_LIBDIR}/overt/libonnxruntime.so.1")

# FAISS C API: our AVX2 build, or Debian's library where its source is not to be had.
find_library(FAISS_C NAMES libfaiss_c.a PATHS ${OVERT_DEPS}/lib /usr/lib/x86_64-linux-gnu REQUIRED)
find_library(FAISS NAMES libfaiss.a PATHS ${OVERT_DEPS}/lib /usr/lib/x86_64-linux-gnu REQUIRED)
find_library(OPENBLAS openblas REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_path(FAISS_INCLUDE faiss/c_api/Index_c.h PATHS ${OVERT_DEPS}/include /usr/include REQUIRED)
add_library(overt_faiss INTERFACE)
target_include_directories(overt_faiss SYSTEM INTERFACE ${FAISS_INCLUDE})
target_link_libraries(overt_faiss INTERFACE ${FAISS_C} ${FAISS} OpenMP::OpenMP_CXX ${OPENBLAS}
                      stdc++ m)
