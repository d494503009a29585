# SPDX-License-Identifier: MIT
# Sourced by the fetch-* scripts: packages of another Debian release or architecture.
#
# No host is named here: packages come from whatever Debian mirror this machine's apt is configured
# with. Debian 12 has no riscv64 archive, Debian 13 has one on the same mirrors, so there is a
# private apt state in a directory, with one source and one architecture; the machine's own lists
# and packages stay as they are, and nothing is installed. apt checks the archive's signature with
# the keyring of debian-archive-keyring, as always.

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# open_archive SUITE ARCHITECTURE DIR - read the lists of a release; apt's words go to DIR/apt.log
open_archive() {
	local suite=$1 arch=$2 keyring mirror
	apt_log=$3/apt.log apt_root=$3/apt

	# The machine's Debian mirror: the origin of a "main" index whose release is a Debian suite.
	mirror=$(apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(LABEL) $(SITE)' |
		awk '$1 == "Packages" && $2 == "main" && $3 == "Debian" { print $4; exit }')
	[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(SITE)' |
		awk '$1 == "Packages" && $2 == "main" { print $3; exit }')
	[ -n "$mirror" ] || die "apt has no source with Debian's main component; add one and run again"

	for keyring in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -e "$keyring" ] && break
	done
	[ -e "$keyring" ] ||
		die "the Debian keyring is missing; run: apt-get install debian-archive-keyring"

	rm -rf "$apt_root"
	mkdir -p "$apt_root"/{lists/partial,cache/archives/partial,trusted.d,parts}
	touch "$apt_root/status"
	echo "deb [arch=$arch signed-by=$keyring] $mirror $suite main" >"$apt_root/sources.list"

	# Proxies, credentials and certificates of the machine stay in force; its sources do not.
	apt_options=(-q
		-o "Dir::Etc::SourceList=$apt_root/sources.list" -o "Dir::Etc::SourceParts=$apt_root/parts"
		-o "Dir::State::Lists=$apt_root/lists" -o "Dir::State::Status=$apt_root/status"
		-o "Dir::Cache=$apt_root/cache" -o "APT::Architecture=$arch"
		-o "APT::Architectures::=$arch" -o "APT::Get::List-Cleanup=0"
		-o "Acquire::Languages=none" -o "APT::Sandbox::User=")

	apt-get "${apt_options[@]}" update >"$apt_log" 2>&1 ||
		die "cannot read the $arch archive of $suite; apt says: $(tail -n 3 "$apt_log")"
}

# fetch_package PACKAGE - PACKAGE_*.deb into $apt_root
fetch_package() {
	(cd "$apt_root" && apt-get "${apt_options[@]}" download "$1") >>"$apt_log" 2>&1 ||
		die "cannot download $1; apt says: $(tail -n 3 "$apt_log")"
}

# depends_on PACKAGE PATTERN - the first package that PACKAGE depends on whose name begins so
depends_on() {
	apt-cache "${apt_options[@]}" depends "$1" 2>>"$apt_log" |
		awk -v start="$2" '$1 == "Depends:" && index($2, start) == 1 { print $2; exit }'
}
