#!/bin/bash
# META.json by PGXN's specification 1.0.0, and the versions that stand in other files than uprofile.control.
. "$(dirname "$0")/common.bash"
version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" uprofile.control)

# Required and allowed keys, terms, versions (semantic), lists and maps: https://pgxn.org/spec/
check "meta: META.json is valid" "$(perl -MJSON::PP -0777 -ne '
	my $m = eval { JSON::PP->new->utf8->decode($_) } or print("no JSON: $@"), exit;
	my $semver = qr/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?$/;
	my $term = qr/^[^\s\/\\\x00-\x1f]{2,}$/;
	sub text { defined $_[0] && !ref $_[0] && length $_[0] }
	for (qw(name version abstract license provides maintainer meta-spec)) { print "$_ is missing\n" unless $m->{$_} }
	for (keys %$m) { print "$_ is no key\n" unless /^(?:name|version|abstract|license|provides|maintainer|meta-spec|description|generated_by|tags|no_index|prereqs|release_status|resources|x_.*)$/i }
	for (qw(name version abstract description generated_by)) { print "$_ is no text\n" if exists $m->{$_} && !text($m->{$_}) }
	print "name is no term\n" unless $m->{name} =~ $term;
	print "version is not semantic\n" unless $m->{version} =~ $semver;
	print "the license is unknown\n" unless $m->{license} =~ /^(?:agpl_3|apache_1_1|apache_2_0|artistic_1|artistic_2|bsd|freebsd|gfdl_1_2|gfdl_1_3|gpl_1|gpl_2|gpl_3|lgpl_2_1|lgpl_3_0|mit|mozilla_1_0|mozilla_1_1|openssl|perl_5|postgresql|qpl_1_0|ssleay|sun|zlib|open_source|restricted|unrestricted|unknown)$/;
	print "the specification\n" unless $m->{"meta-spec"}{version} eq "1.0.0" && $m->{"meta-spec"}{url} =~ m{^https?://pgxn\.org/meta/spec\.txt$};
	print "release_status\n" unless ($m->{release_status} || "stable") =~ /^(?:stable|testing|unstable)$/;
	for my $t (@{$m->{tags} || []}) { print "tag $t\n" unless text($t) && length $t < 256 && $t !~ m{[/\\\x00-\x1f]} }
	for my $e (keys %{$m->{provides}}) {
		my $p = $m->{provides}{$e};
		print "$e is no term\n" unless $e =~ $term;
		for (keys %$p) { print "$e: $_ is no key\n" unless /^(?:file|version|abstract|docfile|x_.*)$/i }
		for (qw(file version)) { print "$e: $_ is missing\n" unless text($p->{$_}) }
		print "$e: version is not semantic\n" unless $p->{version} =~ $semver;
		print "$e: $p->{docfile} is not there\n" unless !$p->{docfile} || -e $p->{docfile};
	}
	for my $phase (keys %{$m->{prereqs} || {}}) {
		print "phase $phase\n" unless $phase =~ /^(?:configure|build|test|runtime|develop)$/;
		for my $kind (keys %{$m->{prereqs}{$phase}}) {
			print "relation $kind\n" unless $kind =~ /^(?:requires|recommends|suggests|conflicts)$/;
			for (values %{$m->{prereqs}{$phase}{$kind}}) { print "prerequisite $_\n" unless /^(?:0|(?:[<>=!]{1,2}\s*)?\d+\.\d+\.\d+.*)$/ }
		}
	}' META.json)"
check_equal "meta: the version is uprofile.control's in META.json and debian/changelog" "$(
	perl -MJSON::PP -0777 -ne '$m = JSON::PP->new->decode($_); print join " ", $m->{version}, map { "$_->{version} $_->{file}" } @{$m->{provides}}{sort keys %{$m->{provides}}}' META.json
	[ ! -e debian/changelog ] || sed -n '1s/.*(\(.*\)-[^-]*).*/ \1/p' debian/changelog)" "$version $version sql/uprofile--$version.sql $version sql/uprofile_vector--$version.sql $version"
# PGXN asks for a name, Debian for an address as well; both stand in two files.
[ ! -d debian ] || check_equal "meta: the maintainer is META.json's in debian" "$(sed -n 's/^Maintainer: //p' debian/control debian/control.in; sed -n '/^ -- /{s/^ -- \(.*>\)  .*/\1/p;q}' debian/changelog)" \
	"$(for _ in 1 2 3; do perl -MJSON::PP -0777 -ne 'print JSON::PP->new->decode($_)->{maintainer}, " <maintainers\@uprofile.invalid>\n"' META.json; done)"
check "meta: the Dockerfile and debian build for servers that the project knows" "$(
	grep -q '^ARG PG=1[4-8]$' Dockerfile || echo "Dockerfile: ARG PG"
	[ ! -d debian ] || [ "$(cat debian/pgversions)" = 14+ ] || echo "debian/pgversions")"
check "meta: what make sanitize copies can be built" "$(UP_SANITIZE=sources test/sanitize 2>&1)"
finish
