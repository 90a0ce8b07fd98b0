# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# Debian packages. apt-get runs only when one is missing.

packages=(
    # to build
    build-essential cmake ninja-build pkg-config curl xz-utils openssl
    # libraries
    libevent-dev libssl-dev libjansson-dev libcurl4-openssl-dev libpq-dev libcmocka-dev
    protobuf-c-compiler libprotobuf-c-dev
    libturbojpeg0-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev
    libopenblas-dev libqrencode-dev
    # tests and the demo start servers of their own from this; no existing cluster is touched
    postgresql postgresql-client
    # makes the recording that a test plays to a capture client
    ffmpeg
    # moves a server's clock, in a test
    libfaketime
    # reads the QR codes of notices back, in a test
    zbar-tools
)
ci_packages=(clang clang-format clang-tidy libclang-rt-dev shellcheck)

# Sets missing_packages.
find_missing_packages() {
    local wanted=("${packages[@]}")
    [[ $with_ci == no ]] || wanted+=("${ci_packages[@]}")
    [[ $debian == 12 ]] || wanted+=(libonnxruntime-dev)
    # Any Node.js will do: one installed from elsewhere conflicts with Debian's.
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)

    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
        sed -n 's/^installed //p' || true)
    missing_packages=()
    local package
    for package in "${wanted[@]}"; do
        grep -qxF -- "$package" <<<"$installed" || missing_packages+=("$package")
    done
}

install_packages() {
    ((${#missing_packages[@]} > 0)) || return 0
    [[ $with_apt == yes ]] ||
        fail "missing packages: ${missing_packages[*]}" "Install them, or run without --no-apt."
    say "installing ${#missing_packages[@]} packages: ${missing_packages[*]}"
    run_apt update || note "apt-get update failed; trying with the lists at hand"
    run_apt install -y --no-install-recommends "${missing_packages[@]}" ||
        fail "apt-get could not install: ${missing_packages[*]}" "Its own message is above."
}

run_apt() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600
        -o Dpkg::Use-Pty=0 "$@")
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "packages need root and there is no sudo" "Run as root: apt-get install ${missing_packages[*]}"
        command=(sudo "${command[@]}")
    fi
    local log status=0
    log=$(mktemp)
    "${command[@]}" </dev/null >"$log" 2>&1 || status=$?
    ((status == 0)) || tail -n 25 -- "$log" | sed 's/^/    /' >&2
    rm -f -- "$log"
    return "$status"
}

# Under sudo the rest is done as the caller, so that .deps and the cache belong to them.
leave_root_if_sudo() {
    [[ $EUID == 0 && -n ${SUDO_USER:-} && $SUDO_USER != root ]] || return 0
    exec sudo -u "$SUDO_USER" -H -- "$here/setup" --no-apt "${arguments[@]}"
}
