#!/bin/bash
# Pages of profiles, users and models: valid HTML, small, and laid out without overlap or cut text at 400 and 1,200 px, with ordinary and
# with hostile names and values. Needs tidy and chromium; UP_KEEP=directory keeps the pages and pictures of them, to be looked at.
. "$(dirname "$0")/common.bash"
scratch_database report_pages
pages=${UP_KEEP:-$(mktemp -d)}
trap 'PGDATABASE=postgres dropdb --if-exists --force report_pages; [ -n "${UP_KEEP:-}" ] || rm -rf "$pages"' EXIT
psql -qX -v ON_ERROR_STOP=1 >/dev/null <<'SQL' || exit 1
SET client_min_messages = error;
CREATE EXTENSION uprofile;
CREATE TABLE people AS SELECT i AS id, (i * 37) % 101 AS age, exp((i * 37) % 101 / 15.0 + i % 5) AS revenue, (i * 37) % 101 + i % 23 > 60 AS gone, (ARRAY['DE', 'FR', 'UK'])[1 + i % 3] AS country
FROM generate_series(1, 600) i;
CREATE TABLE bought AS SELECT i % 600 + 1 AS id, 'item ' || i * i % 13 AS item FROM generate_series(1, 3000) i;
SELECT uprofile_create('shop', 'people', 'id', offers => '{"source": "bought", "basket": "id", "item": "item"}', policy => '{"history": "1 year"}', models => '{"churn": {"algorithm": "logistic", "target": "gone"},
	"worth": {"algorithm": "linear", "target": "age", "features": ["revenue", "country"]}, "segment": {"algorithm": "kmeans", "k": 4, "features": ["age", "revenue"]}}');
SELECT uprofile_refresh('shop');
UPDATE people SET age = 7 WHERE id < 9;
SELECT uprofile_refresh('shop');
SELECT count(*) FROM uprofile_mine('baskets', 'SELECT id / 3 AS basket, country || age % 7 AS item FROM people', 'basket', 'item', 0.001, 0.1);
-- What somebody may call things, and put into them: markup, quotes, emoji, right to left, no blank for long, control characters.
CREATE TABLE odd AS SELECT i AS id, (i * 37) % 101 AS "</td></table><script>document.title='x'</script>", i % 7 AS "שָׁלוֹם עולם", i % 11 AS "👨‍👩‍👧 & ""quoted"" 'so'",
	(i * 37) % 101 > 50 AS "averyveryveryveryverylongcolumnnamewithoutanyblankatallinit_yes", (ARRAY[repeat('W', 10000), '<img src=x onerror=alert(1)>', E'\x01\x02\x1b[31m', U&'\202Eright', '👩🏽‍🚀',
	'"''><svg/onload=alert(1)>'])[1 + i % 6] AS "kind", ARRAY[i % 3, 2] AS several, repeat('word ', 3000) || i AS text FROM generate_series(1, 300) i;
SELECT uprofile_create('odd <b>&''', 'odd', 'id', models => '{"</h3><script>": {"algorithm": "tree", "target": "kind", "exclude": ["text"]},
	"ילדים": {"algorithm": "kmeans", "k": 5, "exclude": ["text"]}, "likes": {"algorithm": "forest", "n_estimators": 5, "target": "averyveryveryveryverylongcolumnnamewithoutanyblankatallinit_yes", "exclude": ["text", "kind"]}}',
	clean => '[{"rule": "synonyms", "column": "kind", "table": {"👩🏽‍🚀": "<i>astronaut</i>"}}]');
SELECT uprofile_refresh('odd <b>&''');
SELECT uprofile_comment_model('shop.churn', repeat('<marquee>', 300));
SQL
page() { psql -qXAt -c "SELECT $2" >"$pages/$1.html" 2>&1; }
page profile "uprofile_report('shop')"
page user "uprofile_report('shop', 5)"
page model "uprofile_report_model('shop.churn')"
page amount "uprofile_report_model('shop.worth')"
page odd "uprofile_report('odd <b>&''')"
page odd_user "uprofile_report('odd <b>&''', 5)"
page odd_model "uprofile_report_model('odd <b>&''.</h3><script>')"
all="profile user model amount odd odd_user odd_model"

check "report: pages are whole, small, ASCII, and their parts could be made" "$(for name in $all; do
	tail -c 12 "$pages/$name.html" | grep -q '^</html>$' || echo "$name: no end: $(tail -c 200 "$pages/$name.html")"
	[ "$(wc -c <"$pages/$name.html")" -lt 1000000 ] || echo "$name: too large"
	LC_ALL=C grep -n '[^ -~]' "$pages/$name.html" | head -2
	grep -o 'This part could not be made[^<]*' "$pages/$name.html"
	grep -noiE '<(script|img|marquee|iframe|object|link|svg/)|<[a-z][^>]* (src=|on[a-z]*=|href="[^#])|url\(|@import' "$pages/$name.html" | head -2
done)"
if command -v tidy >/dev/null; then
	check "report: pages are valid HTML" "$(for name in $all; do tidy -q -e "$pages/$name.html" 2>&1 | sed "s/^/$name: /"; done)"
else
	echo "skip report: there is no tidy"
fi

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$chromium" ] || { echo "skip report: there is no chromium"; finish; }
# One page holds all of them, in frames of both widths, and measures: what is wider than its frame, texts that are cut off, and
# texts that lie upon each other.
{
	cat <<'HTML'
<!DOCTYPE html><meta charset="utf-8"><title>measure</title><body>
<pre id="found">not measured</pre>
HTML
	for name in $all; do
		for width in 400 1200; do
			printf '<iframe data-name="%s at %s px" style="width:%spx;height:900px" srcdoc="' "$name" "$width" "$width"
			sed 's/&/\&amp;/g; s/"/\&quot;/g' "$pages/$name.html"
			echo '"></iframe>'
		done
	done
	cat <<'HTML'
<script>
function boxes(w, d) {
	const found = [], walker = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walker.nextNode());) {
		if (!n.data.trim() || n.parentElement.closest('title, details:not([open]) pre')) continue;
		const range = d.createRange();
		range.selectNodeContents(n);
		for (const r of range.getClientRects())
			if (r.width > 0 && r.height > 0) found.push({node: n, r, scrolls: n.parentElement.closest('.scroll, pre')});
	}
	return found;
}
function name_of(n) { return JSON.stringify(n.data.trim().slice(0, 40)); }
function measure(frame) {
	const d = frame.contentDocument, w = frame.contentWindow, wide = d.documentElement.clientWidth, said = [];
	const say = what => { if (said.length < 5) said.push(frame.dataset.name + ': ' + what); };
	if (!d.querySelector('main')) say('no page');
	if (d.documentElement.scrollWidth > wide) say('is ' + d.documentElement.scrollWidth + ' px wide');
	const all = boxes(w, d);
	for (const b of all) {
		if (!b.scrolls && (b.r.right > wide + 1 || b.r.left < -1)) say(name_of(b.node) + ' goes beyond the edge');
		const svg = b.node.parentElement.closest('svg');
		if (svg) {
			const s = svg.getBoundingClientRect();
			if (b.r.left < s.left - 1 || b.r.right > s.right + 1 || b.r.top < s.top - 1 || b.r.bottom > s.bottom + 1) say(name_of(b.node) + ' is cut off by its chart');
		}
		const cell = b.node.parentElement.closest('th, td, li, dd, dt, p');
		if (cell && !svg) {
			const c = cell.getBoundingClientRect();
			if (b.r.right > c.right + 1 || b.r.left < c.left - 1) say(name_of(b.node) + ' goes beyond its ' + cell.tagName);
		}
	}
	for (const e of d.querySelectorAll('main *')) {
		const style = w.getComputedStyle(e);
		if (e.closest('svg') || e.matches('.scroll, pre')) continue;
		if (style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) say(e.tagName + ' hides what is in it');
	}
	all.sort((a, b) => a.r.top - b.r.top);
	for (let i = 0; i < all.length; i++)
		for (let j = i + 1; j < all.length && all[j].r.top < all[i].r.bottom - 2; j++) {
			const a = all[i], b = all[j];
			if (a.node === b.node || Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left) < 2) continue;
			if (Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top) < 4) continue;
			say(name_of(a.node) + ' lies upon ' + name_of(b.node));
		}
	return said;
}
window.onload = () => {
	const said = [];
	for (const f of document.querySelectorAll('iframe')) {
		try { said.push(...measure(f)); } catch (e) { said.push(f.dataset.name + ': ' + e); }
	}
	const frames = document.querySelectorAll('iframe').length;
	document.querySelectorAll('iframe, script').forEach(e => e.remove());
	document.getElementById('found').textContent = ['measured ' + frames].concat(said).join('\n');
};
</script>
HTML
} >"$pages/measure.page"
mv "$pages/measure.page" "$pages/measure_all.html"
headless() { timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$pages/chromium" "$@" 2>/dev/null; }
dom=$(headless --dump-dom "file://$pages/measure_all.html" | sed -n '/<pre id="found">/,/<\/pre>/p' | sed 's/<[^>]*>//g; /^$/d')
check_equal "report: no overlap and no cut text at 400 and 1,200 px" "$dom" 'measured 14'
if [ -n "${UP_KEEP:-}" ]; then
	for name in profile odd; do
		headless --hide-scrollbars --window-size=1200,5000 --screenshot="$pages/$name.1200.png" "file://$pages/$name.html"
		headless --hide-scrollbars --blink-settings=preferredColorScheme=0 --window-size=400,8000 --screenshot="$pages/$name.400.dark.png" \
			"file://$pages/$name.html"
	done
fi
finish
