# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# ONNX Runtime. The programs load the library at run time, so only its header is compiled against:
# always the older one, since a library serves every interface version up to its own.

provide_onnxruntime() {
    if [[ $debian == 12 ]]; then
        remove_link "$deps/include/onnxruntime"
        provide onnxruntime "$(npm_key) $(sha256sum <"$here/setup.d/onnxruntime.sh") $(<"$here/setup.d/pins")" \
            make_onnxruntime
    else
        link_debian_onnxruntime
    fi
}

# Debian 12 has no package: the library of the npm package, the headers of Debian 13's.
make_onnxruntime() {
    fetch_npm
    take_npm onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1 "$1/lib/libonnxruntime.so.1"
    say "fetching the headers of ONNX Runtime"
    fetch_pinned ort-headers "$work/ort.deb" || fail "no headers for ONNX Runtime"
    mkdir -p -- "$work/ort" "$1/include"
    dpkg-deb -x "$work/ort.deb" "$work/ort"
    cp -r -- "$work/ort/usr/include/onnxruntime" "$1/include/onnxruntime"
    [[ -f $1/include/onnxruntime/onnxruntime_c_api.h ]] ||
        fail "the header package holds no onnxruntime_c_api.h"
}

# Debian 13: its own package, under the same names.
link_debian_onnxruntime() {
    local library header
    header=$(dpkg -L libonnxruntime-dev | grep '/onnxruntime_c_api\.h$' | head -n1 || true)
    library=$(dpkg -L libonnxruntime-dev | grep '/libonnxruntime\.so$' | head -n1 || true)
    [[ -n $header && -e $library ]] || fail "libonnxruntime-dev lacks its header or its library"
    mkdir -p -- "$deps/include" "$deps/lib"
    rm -rf -- "$deps/include/onnxruntime"
    ln -s -- "$(dirname -- "$header")" "$deps/include/onnxruntime"
    ln -sfn -- "$(readlink -f -- "$library")" "$deps/lib/libonnxruntime.so.1"
    say "onnxruntime: ready (Debian's own)"
}
