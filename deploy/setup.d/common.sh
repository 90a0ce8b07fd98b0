# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# Shared by the steps of deploy/setup: messages, the machine, downloads, the cache and .deps.
# Expects: here, root, deps, with_apt, arguments.

say() { printf 'setup: %s\n' "$*"; }
note() { printf 'setup: note: %s\n' "$*" >&2; }

# fail WHAT [WHAT-TO-DO]
fail() {
    printf 'setup: failed: %s\n' "$1" >&2
    [[ $# -lt 2 ]] || printf 'setup: %s\n' "$2" >&2
    exit 1
}

check_machine() {
    [[ -r /etc/os-release ]] || fail "no /etc/os-release" "Overt is set up on Debian 12 or 13."
    # shellcheck source=/dev/null
    read -r codename release < <(. /etc/os-release &&
        printf '%s %s\n' "${VERSION_CODENAME:-none}" "${ID:-} ${VERSION_ID:-}")
    case $release in
    "debian 12" | "debian 13") ;;
    *) fail "this is '$release'" "Set-up knows Debian 12 and 13; deploy/README.md lists what it installs." ;;
    esac
    debian=${release#debian }
    [[ $(uname -m) == x86_64 ]] ||
        fail "this is $(uname -m)" "Only x86-64 is supported: the inference library is taken for it."
}

# Everything that decides what ends up in .deps. A change of any of it makes set-up run again.
# The compiler's own package is part of it because libraries are built here.
setup_key() {
    {
        cat -- "$here/setup" "$here"/setup.d/* "$here/npm/package-lock.json" \
            "$here/models/default/model.ini"
        machine_key
    } | sha256sum | cut -d' ' -f1
}

machine_key() {
    printf 'debian=%s gcc=%s avx2=%s\n' "$debian" \
        "$(dpkg-query -W -f '${Version}' g++ 2>/dev/null || true)" "$(cpu_has_avx2)"
}

cpu_has_avx2() {
    local flags
    flags=$(grep -m1 '^flags' /proc/cpuinfo || true)
    [[ " $flags " == *" avx2 "* && " $flags " == *" fma "* ]] && echo yes || echo no
}

# --- .deps -------------------------------------------------------------------------------------

# .deps/files lists "size path" of all that was installed; .deps/stamp says from which inputs.
deps_complete() {
    local stamp=$1 size path
    [[ -f $deps/stamp && -f $deps/files && $(<"$deps/stamp") == "$stamp" ]] || return 1
    while read -r size path; do
        [[ $(stat -Lc %s -- "$deps/$path" 2>/dev/null) == "$size" ]] || return 1
    done <"$deps/files"
}

finish_deps() {
    # Sizes are of the files that links point to: a link to a library that went away is noticed.
    (cd -- "$deps" && find -L bin include lib models photos -type f -printf '%s %p\n') \
        >"$deps/files.new"
    mv -- "$deps/files.new" "$deps/files"
    printf '%s\n' "$1" >"$deps/stamp.new"
    mv -- "$deps/stamp.new" "$deps/stamp"
}

# install_file FROM TO: in place at once or not at all, so that a program using it never sees half.
install_file() {
    local from=$1 to=$2
    cmp -s -- "$from" "$to" && return
    mkdir -p -- "$(dirname -- "$to")"
    cp -p --remove-destination -- "$from" "$to.new"
    mv -- "$to.new" "$to"
}

# Where another run linked to a folder of the system, nothing of ours may be written through it.
remove_link() { [[ ! -L $1 ]] || rm -- "$1"; }

# --- cache -------------------------------------------------------------------------------------

# One set-up at a time works on the cache and on this checkout's .deps; others wait.
open_cache() {
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/overt
    mkdir -p -- "$cache" "$deps" ||
        fail "cannot write to $cache or $deps" "Check who owns them."
    exec {cache_lock}>"$cache/lock" {deps_lock}>"$deps/lock"
    flock -n "$cache_lock" || {
        say "waiting for another set-up to finish"
        flock "$cache_lock"
    }
    flock "$deps_lock"
    rm -rf -- "$cache"/work.*
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf -- "$work"' EXIT
}

# provide NAME KEY COMMAND...
#
# Installs the cached result of COMMAND into .deps. COMMAND is called with a folder to fill in the
# layout of .deps. A cache entry has a list of its files' hashes, checked before use.
provide() {
    local name=$1 key=$2 entry path
    entry=$(cache_entry "$name" "$key")
    shift 2
    if ! cached "$name" "$key"; then
        mkdir -p -- "$work/$name.new/files"
        "$@" "$work/$name.new/files"
        (cd -- "$work/$name.new/files" && find . -type f -print0 | LC_ALL=C sort -z |
            xargs -0 sha256sum --) >"$work/$name.new/sha256sums"
        rm -rf -- "$entry"
        mv -- "$work/$name.new" "$entry"
    fi
    while IFS= read -r -d '' path; do
        install_file "$entry/files/$path" "$deps/$path"
    done < <(cd -- "$entry/files" && find . -type f -printf '%P\0')
    say "$name: ready"
}

cache_entry() { printf '%s/%s-%s' "$cache" "$1" "$(sha256sum <<<"$2" | cut -c1-24)"; }

# cached NAME KEY: whether there is an undamaged entry.
cached() {
    local entry
    entry=$(cache_entry "$1" "$2")
    [[ -d $entry ]] || return 1
    cache_entry_intact "$entry" || {
        note "the cached $1 is damaged; making it again"
        return 1
    }
}

cache_entry_intact() {
    [[ -s $1/sha256sums ]] && (cd -- "$1/files" && sha256sum --quiet --status -c ../sha256sums)
}

# --- downloads from the Debian archive ---------------------------------------------------------

# The address of the mirror this machine installs Debian from, whatever the form of its sources.
# Only read: the machine's own source lists are never changed.
debian_mirror() {
    local uri
    # shellcheck disable=SC2016  # the names are apt's
    uri=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
        awk -v codename="$codename" \
            '$1 == codename && $2 == "main" && !found++ { print $3 }')
    [[ -n $uri ]] || return 1
    if [[ $uri == mirror+file:* ]]; then
        # Cloud images name a file that lists mirrors.
        local list=${uri#mirror+file:}
        uri=$(awk '/^[^#]/ { print $1; exit }' "/${list##+(/)}")
    fi
    printf '%s\n' "${uri%/}"
}

# pin NAME: sets pin_path and pin_sha256.
pin() {
    read -r pin_path pin_sha256 < <(awk -v name="$1" '$1 == name { print $2, $3 }' "$here/setup.d/pins")
    [[ -n $pin_sha256 ]] || fail "no pin named $1 in setup.d/pins"
}

# fetch_pinned NAME FILE: false if it cannot be had; stops if it differs from its pin.
# apt's own downloader is used, so the machine's proxies and credentials apply.
fetch_pinned() {
    local mirror output
    pin "$1"
    mirror=$(debian_mirror) ||
        fail "no Debian main archive in this machine's apt sources" "See sources.list(5)."
    if ! output=$(/usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file \
        "$mirror/${pin_path//+/%2b}" "$2" "SHA256:$pin_sha256" 2>&1); then
        if [[ $output == *"Hash Sum mismatch"* ]]; then
            printf '%s\n' "$output" >&2
            fail "${pin_path##*/} differs from its pin" "Do not use it. Find out why before changing deploy/setup.d/pins."
        fi
        printf '%s\n' "$output" | sed 's/^/    /' >&2
        note "${pin_path##*/} could not be fetched. If the archive has moved on to another version, a new pin in deploy/setup.d/pins is needed, with tests."
        return 1
    fi
    [[ $(sha256sum <"$2" | cut -d' ' -f1) == "$pin_sha256" ]] ||
        fail "${pin_path##*/} differs from its pin" "Do not use it. Find out why before changing deploy/setup.d/pins."
}
