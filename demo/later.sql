-- Ninety days later: do customers still look like those whom the model was trained on? The same view, at another day.
UPDATE days SET cut_off = cut_off + 91;
\set ECHO queries
SELECT column_name, kind, statistic, round(value::numeric, 3) AS value, threshold, drifted, detail
FROM uprofile_drift('shop.churn', 'customers_at_cut_off') WHERE statistic = 'psi' ORDER BY value DESC LIMIT 5;
\set ECHO none
UPDATE days SET cut_off = cut_off - 91;
