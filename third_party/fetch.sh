# shellcheck shell=bash
# Sourced: fetch_deb and fetch_sources put Debian packages that are pinned by SHA-256 into the cache.
#
# It goes through a private apt configuration made from the machine's own: nothing is installed, and
# the machine's apt set-up stays as it is.
#
# The sourcing script provides the folders `cache`, which packages are kept in, and `work` in the same
# file system, which it removes in the end, and the functions `say` and `die`. This file is no input of
# what is built: the checksum says what was fetched.

# write_apt_sources OUT SUITE TYPE: writes the machine's own apt sources to OUT.list (one-line entries)
# and OUT.sources (deb822 stanzas), reduced to packages of the main archive, made into those of a type
# (deb or deb-src) and moved to the suite that has the package. Suites for updates are left out: the
# version is pinned.
write_apt_sources() {
    local out=$1 suite=$2 type=$3 codename suites file
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-stable}")
    suites="($codename|oldstable|stable)"

    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -r $file ]] || continue
        sed -nE "s/^deb( +(\[[^]]*\] +)?[^ ]+ +)$suites( .*)?\$/$type\1$suite\4/p" "$file"
    done > "$out.list"

    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -r $file ]] || continue
        awk -v from="^$suites\$" -v to="$suite" -v type="$type" '
            function flush_stanza() {
                if (wanted && !disabled) printf "%s\n", stanza
                stanza = ""; wanted = 0; disabled = 0
            }
            /^#/ { next }
            /^[ \t]*$/ { flush_stanza(); next }
            tolower($1) == "types:" { $0 = "Types: " type }
            tolower($1) == "enabled:" && tolower($2) == "no" { disabled = 1 }
            tolower($1) == "suites:" {
                for (i = 2; i <= NF; i++) if ($i ~ from) wanted = 1
                $0 = "Suites: " to
            }
            { stanza = stanza $0 "\n" }
            END { flush_stanza() }' "$file"
    done > "$out.sources"
}

# The rest of the machine's apt settings stay in force (a proxy, say), but not the hooks that run
# after an update: those work on the machine's own lists and cache.
write_apt_config() {
    cat << EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$1/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
APT::Sandbox::User "$(id -un)";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "3";
EOF
}

# file_is_good FILE SHA256
file_is_good() {
    [[ -f $1 ]] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status
}

# open_archive NAME SUITE TYPE: has apt read a suite's list of packages, and sets `apt_root`.
open_archive() {
    apt_root=${work:?}/fetch-$1
    mkdir -p "$apt_root"/{sources,lists/partial,cache/archives/partial,download}
    write_apt_sources "$apt_root/sources/debian" "$2" "$3"
    [[ -s $apt_root/sources/debian.list || -s $apt_root/sources/debian.sources ]] ||
        die "found no Debian archive among the machine's apt sources"
    write_apt_config "$apt_root" > "$apt_root/config"
    apt-get -q -c "$apt_root/config" update
}

# take_download FILE SHA256: moves what was downloaded into the cache.
take_download() {
    file_is_good "$apt_root/download/$1" "$2" || die "$1 has the wrong checksum"
    mv "$apt_root/download/$1" "${cache:?}/$1"
}

# fetch_deb NAME VERSION SUITE SHA256: downloads a package for all architectures, unless the cache has
# it, and sets `package` to its path.
fetch_deb() {
    local file=$1_$2_all.deb pinned=$1=$2 suite=$3 sha256=$4
    package=${cache:?}/$file
    file_is_good "$package" "$sha256" && return

    say "downloading $file"
    open_archive "$1" "$suite" deb
    (cd "$apt_root/download" && apt-get -q -c "$apt_root/config" download "$pinned")
    take_download "$file" "$sha256"
}

# fetch_sources SUITE: reads lines "NAME FILE SHA256" and downloads of each source package the archive
# of that name, which is upstream's, unless the cache has it. Debian's own version of the package is not
# pinned: the archive stays the same in those with Debian's corrections.
fetch_sources() {
    local suite=$1 name file sha256 missing=() wanted=()
    while read -r name file sha256; do
        file_is_good "${cache:?}/$file" "$sha256" && continue
        missing+=("$name")
        wanted+=("$file $sha256")
    done
    ((${#missing[@]} > 0)) || return 0

    say "downloading the sources of ${missing[*]}"
    open_archive sources "$suite" deb-src
    (cd "$apt_root/download" && apt-get -q -c "$apt_root/config" source --download-only --tar-only "${missing[@]}")
    for file in "${wanted[@]}"; do
        take_download "${file% *}" "${file#* }"
    done
}
