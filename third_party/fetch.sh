# shellcheck shell=bash
# Sourced: fetch_deb puts a Debian package that is pinned by version and SHA-256 into the cache.
#
# It goes through a private apt configuration made from the machine's own: nothing is installed, and
# the machine's apt set-up stays as it is.
#
# The sourcing script provides the folders `cache`, which packages are kept in, and `work` in the same
# file system, which it removes in the end, and the functions `say` and `die`. This file is no input of
# what is built: the checksum says what was fetched.

# write_apt_sources OUT SUITE: writes the machine's own apt sources to OUT.list (one-line entries) and
# OUT.sources (deb822 stanzas), reduced to binary packages of the main archive and moved to the suite
# that has the package. Suites for updates are left out: the version is pinned.
write_apt_sources() {
    local out=$1 suite=$2 codename suites file
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-stable}")
    suites="($codename|oldstable|stable)"

    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -r $file ]] || continue
        sed -nE "s/^(deb +(\[[^]]*\] +)?[^ ]+ +)$suites( .*)?\$/\1$suite\4/p" "$file"
    done > "$out.list"

    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -r $file ]] || continue
        awk -v from="^$suites\$" -v to="$suite" '
            function flush_stanza() {
                if (wanted && !disabled) printf "%s\n", stanza
                stanza = ""; wanted = 0; disabled = 0
            }
            /^#/ { next }
            /^[ \t]*$/ { flush_stanza(); next }
            tolower($1) == "types:" { $0 = "Types: deb" }
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

# deb_is_good FILE SHA256
deb_is_good() {
    [[ -f $1 ]] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status
}

# fetch_deb NAME VERSION SUITE SHA256: downloads a package for all architectures, unless the cache has
# it, and sets `package` to its path.
fetch_deb() {
    local file=$1_$2_all.deb pinned=$1=$2 suite=$3 sha256=$4 root
    package=${cache:?}/$file
    deb_is_good "$package" "$sha256" && return

    say "downloading $file"
    root=${work:?}/fetch-$1
    mkdir -p "$root"/{sources,lists/partial,cache/archives/partial,download}
    write_apt_sources "$root/sources/debian" "$suite"
    [[ -s $root/sources/debian.list || -s $root/sources/debian.sources ]] ||
        die "found no Debian archive among the machine's apt sources"
    write_apt_config "$root" > "$root/config"
    apt-get -q -c "$root/config" update
    (cd "$root/download" && apt-get -q -c "$root/config" download "$pinned")
    deb_is_good "$root/download/$file" "$sha256" || die "$file has the wrong checksum"
    mv "$root/download/$file" "$package"
}
