# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# FAISS with its C interface, as static libraries, built from Debian 12's source package. Debian's
# own binary is for the oldest x86-64 and several times slower at searching, so it is only the
# last resort.

provide_faiss() {
    local variant=avx2 key
    if [[ $(cpu_has_avx2) == no ]]; then
        variant=generic
        note "this processor has no AVX2: FAISS is built without it. A search takes 3 to 35 times as long."
    fi
    key="$variant $(machine_key) $(sha256sum <"$here/setup.d/faiss.sh") $(<"$here/setup.d/pins")"
    if ! cached faiss "$key" && ! fetch_faiss_source; then
        use_debian_faiss
        return
    fi
    remove_link "$deps/include/faiss"
    provide faiss "$key" make_faiss "$variant"
    ln -sfn "libfaiss_$variant.a" "$deps/lib/libfaiss.a"
}

fetch_faiss_source() {
    say "fetching the source of FAISS"
    fetch_pinned faiss-source "$work/faiss.tar" && fetch_pinned faiss-patches "$work/faiss-debian.tar"
}

# make_faiss VARIANT FOLDER
make_faiss() {
    local variant=$1 to=$2 target=faiss source=$work/faiss build=$work/faiss-build log=$work/faiss.log
    unpack_faiss "$source"
    if [[ $variant == avx2 ]]; then
        target=faiss_avx2
        # The C interface asks for the generic library; without this both would be compiled.
        sed -i 's/target_link_libraries(faiss_c PRIVATE faiss)/target_link_libraries(faiss_c PRIVATE faiss_avx2)/' \
            "$source/c_api/CMakeLists.txt"
        grep -q 'PRIVATE faiss_avx2)' "$source/c_api/CMakeLists.txt" ||
            fail "FAISS's build files are not as expected" "See make_faiss in deploy/setup.d/faiss.sh."
    fi

    say "building FAISS ($variant), a minute or two"
    # Its headers use uint8_t without <cstdint>, which compilers from gcc 13 on do not forgive.
    cmake -G Ninja -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Release -DFAISS_OPT_LEVEL="$variant" \
        -DFAISS_ENABLE_C_API=ON -DFAISS_ENABLE_GPU=OFF -DFAISS_ENABLE_PYTHON=OFF \
        -DCMAKE_CXX_FLAGS='-include cstdint' -DBUILD_TESTING=OFF -DBLA_VENDOR=OpenBLAS >"$log" 2>&1 || faiss_failed "$log"
    NINJA_STATUS='[%f/%t] ' ninja -C "$build" -j "$(build_jobs)" "$target" faiss_c 2>&1 |
        tee -a -- "$log" | show_progress || faiss_failed "$log"

    mkdir -p -- "$to/lib" "$to/include/faiss"
    cp -- "$build/faiss/lib$target.a" "$to/lib/libfaiss_$variant.a"
    cp -- "$build/c_api/libfaiss_c.a" "$to/lib/"
    (cd -- "$source" && find c_api -name gpu -prune -o -name '*.h' -exec cp --parents -t "$to/include/faiss" -- {} +)
}

unpack_faiss() {
    mkdir -p -- "$1"
    tar -xf "$work/faiss.tar" -C "$1" --strip-components=1
    tar -xf "$work/faiss-debian.tar" -C "$1"
    local patch
    while read -r patch; do
        [[ -z $patch || $patch == \#* ]] || patch -d "$1" -p1 -s <"$1/debian/patches/$patch" ||
            fail "Debian's patch $patch does not apply to FAISS"
    done <"$1/debian/patches/series"
}

faiss_failed() {
    tail -n 30 -- "$1" | sed 's/^/    /' >&2
    fail "building FAISS" "The end of its log is above."
}

# One line for every tenth step.
show_progress() {
    awk -F '[][/]' '/^\[[0-9]+\/[0-9]+\]/ && $2 % 10 == 0 {
        print "setup: faiss: step " $2 " of " $3; fflush() }'
}

# As many compilers as there are cores, and memory for (the largest files take about 1 GiB).
build_jobs() {
    local cores gibibytes
    cores=$(nproc)
    gibibytes=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
    ((gibibytes >= 1)) || gibibytes=1
    echo $((cores < gibibytes ? cores : gibibytes))
}

# Debian 13's package has the C interface; Debian 12's has not.
use_debian_faiss() {
    local where
    [[ $debian != 12 ]] ||
        fail "FAISS: its source could not be fetched" "Debian 12 has no package with the C interface. Check the apt sources and run again."
    note "FAISS: its source could not be fetched; using Debian's libfaiss-dev."
    note "It is built without AVX2: a search takes 3 to 35 times as long. Fine for trying out, not for live use."
    missing_packages=(libfaiss-dev)
    dpkg-query -W -f '${db:Status-Status}' libfaiss-dev 2>/dev/null | grep -qx installed ||
        install_packages
    where=$(dpkg -L libfaiss-dev | grep '/libfaiss_c\.a$' | head -n1 || true)
    [[ -n $where ]] || fail "libfaiss-dev has no libfaiss_c.a"
    rm -rf -- "$deps/include/faiss" "$deps"/lib/libfaiss*.a
    mkdir -p -- "$deps/include" "$deps/lib"
    ln -s /usr/include/faiss "$deps/include/faiss"
    ln -s -- "$where" "$deps/lib/libfaiss_c.a"
    ln -s -- "$(dirname -- "$where")/libfaiss.a" "$deps/lib/libfaiss.a"
    say "faiss: ready (Debian's own)"
}
