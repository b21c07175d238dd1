#!/bin/bash
# The install script is safe to run in a schema where others may create objects: plain CREATE only, types and the
# extension's own relations qualified, nothing SECURITY DEFINER; everything says how parallel and how volatile it is.
. "$(dirname "$0")/common.bash"

made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
install_script >"$made/install.sql" || exit 1
scripts=$(ls "$made/install.sql" sql/uprofile--*--*.sql 2>/dev/null)

# Prints "file:line: complaint". Comments and string constants are blanked; bodies ($…$ quoted) are kept apart.
complaints=$(perl -e '
	use strict;
	my %safe_words = map { $_ => 1 } qw(boolean integer bigint smallint real numeric);
	my $types = "text|jsonb|json|bytea|float8|float4|int4|int8|int2|bool|record|oid|regclass|regprocedure|regrole|name" .
		"|timestamptz|date|void|trigger|event_trigger|uuid|internal|anyelement|anyarray|tid|interval";
	for my $file (@ARGV)
	{
		open my $f, "<", $file or die;
		my $sql = do { local $/; <$f> };
		my (@top, @bodies);
		my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; $s };
		my $out = "";
		my @found;
		my $say = sub {
			my ($text, $pos, $what) = @_;
			my $line = 1 + (substr($text, 0, $pos) =~ tr/\n//);
			push @found, "$file:$line: $what";
		};
		my $body_text = $blank->($sql);
		pos($sql) = 0;
		while (pos($sql) < length $sql)
		{
			if ($sql =~ /\G--[^\n]*/gc || $sql =~ m{\G/\*.*?\*/}gcs || $sql =~ /\G\x27(?:[^\x27]|\x27\x27)*\x27/gc)
			{ $out .= $blank->($&) }
			elsif ($sql =~ /\G(\$\w*\$)(.*?)\1/gcs)
			{
				my ($whole, $inner) = ($&, $2);
				my $at = length $out;
				substr($body_text, $at, length $whole) = $whole;
				$out .= $blank->($whole);
			}
			elsif ($sql =~ /\G[^-\/\x27\$]+/gc || $sql =~ /\G./gcs) { $out .= $& }
		}
		# inside bodies: blank their comments and strings too
		my $clean = "";
		pos($body_text) = 0;
		while (pos($body_text) < length $body_text)
		{
			if ($body_text =~ /\G--[^\n]*/gc || $body_text =~ m{\G/\*.*?\*/}gcs ||
				$body_text =~ /\G\x27(?:[^\x27]|\x27\x27)*\x27/gc)
			{ $clean .= $blank->($&) }
			elsif ($body_text =~ /\G[^-\/\x27]+/gc || $body_text =~ /\G./gcs) { $clean .= $& }
		}
		# An upgrade finds a view or an aggregate that is the extension\x27s own and keeps what users have built on it; the server
		# refuses to replace any other.
		while ($out =~ /\bOR\s+REPLACE\b(\s+(?:VIEW|AGGREGATE)\s+uprofile_)?/gi)
		{
			$say->($out, $-[0], "OR REPLACE: plain CREATE only") unless $1 && $file =~ /--.*--/;
		}
		while ($out =~ /\bIF\s+NOT\s+EXISTS\b/gi) { $say->($out, $-[0], "IF NOT EXISTS: plain CREATE only") }
		while ($out =~ /\bIF\s+EXISTS\b/gi) { $say->($out, $-[0], "IF EXISTS: say what is there") }
		while ($out =~ /\bSECURITY\s+DEFINER\b/gi) { $say->($out, $-[0], "SECURITY DEFINER") }
		while ($out =~ /(?<![.\w])search_path\s*(?:=|TO)\s*([^\n;]*)/gi)
		{
			$say->($out, $-[0], "search_path is not pg_catalog, pg_temp: $1")
				unless $1 =~ /^pg_catalog\s*,\s*pg_temp\b/i;
		}
		# A type after a name in an argument or column list, after RETURNS, OF, AS (cast) or ::
		while ($out =~ /(?:::\s*|\b(?:RETURNS|OF|SETOF)\s+|[(,]\s*|[(,]\s*(?:OUT\s+|INOUT\s+|VARIADIC\s+)?\w+\s+)($types)\b(?!\s*\.)(?=\s*(?:[,)\[\n;]|DEFAULT\b|NOT\b|PRIMARY\b|LANGUAGE\b|REFERENCES\b|$))/gi)
		{
			my ($type, $at) = ($1, $-[1]);
			my $before = substr($out, $-[0], $at - $-[0]);
			# COMMENT ON … (name, name): the same rule. A column merely called "name" or "date" is none of these.
			next if $before =~ /^[(,]\s*$/ && $type =~ /^(?:name|date|text|record)$/i && substr($out, 0, $at) =~ /(?:INSERT\s+INTO|SELECT|GRANT|UNIQUE|KEY|REFERENCES|ON)\b[^;()]*\([^()]*$/i && substr($out, 0, $at) !~ /COMMENT\s+ON[^;]*$/i;
			$say->($out, $at, "type $type is not qualified with pg_catalog");
		}
		# Only what is stored or run: ALTER, COMMENT ON, GRANT speak of an object that the script has just created, in
		# the first schema of the path.
		while ($out =~ /\b(?:FROM|JOIN|INTO|UPDATE|REFERENCES|USING)\s+(uprofile_\w+)/gi)
		{
			$say->($out, $-[1], "$1 is not qualified with \@extschema\@");
		}
		while ($clean =~ /(?<![.\w"])(uprofile_\w+)(?!\s*\.)/g)
		{
			$say->($clean, $-[0], "in a body: $1 is not qualified with \@extschema\@");
		}
		# Each function and aggregate says what it is.
		while ($out =~ /\bCREATE\s+(FUNCTION|AGGREGATE|PROCEDURE)\s+(\w+)[^;]*;/gi)
		{
			my ($kind, $name, $text, $at) = (uc $1, $2, $&, $-[0]);
			$say->($out, $at, "$name: no PARALLEL marking") if $kind ne "PROCEDURE" && $text !~ /\bPARALLEL\b/i;
			$say->($out, $at, "$name: no volatility") if $kind eq "FUNCTION" && $text !~ /\b(?:IMMUTABLE|STABLE|VOLATILE)\b/i;
			$say->($out, $at, "$name: LANGUAGE sql or plpgsql without SET search_path = pg_catalog, pg_temp")
				if $text =~ /\bLANGUAGE\s+(?:sql|plpgsql)\b/i && $text !~ /\bSET\s+search_path\s*(?:=|TO)\s*pg_catalog\s*,\s*pg_temp\b/i;
		}
		print map { "$_\n" } @found;
	}' $scripts)

check "install script: no OR REPLACE, IF NOT EXISTS, SECURITY DEFINER" \
	"$(grep -E 'OR REPLACE|EXISTS|DEFINER' <<<"$complaints")"
check "install script: references are qualified" "$(grep -E 'not qualified' <<<"$complaints")"
check "install script: bodies in SQL set search_path" "$(grep -E 'search_path' <<<"$complaints")"
check "install script: parallel and volatility markings" "$(grep -E 'no PARALLEL|no volatility' <<<"$complaints")"
check "install script: begins with the guard against psql" \
	"$(grep -q '^\\echo Use "CREATE EXTENSION uprofile" to load this file. \\quit' "$made/install.sql" || echo missing)"
finish
