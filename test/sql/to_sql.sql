-- Exported SQL says what prediction says: every way to prepare a column, on rows with NULL, NaN, '' and values that
-- training never met.

CREATE TABLE learned AS
SELECT i AS id,
	   CASE WHEN i % 11 = 0 THEN NULL WHEN i % 13 = 0 THEN 'NaN' ELSE (i * 7919 % 101) / 10.0 END::float8 AS amount,
	   CASE WHEN i % 7 = 0 THEN NULL ELSE (ARRAY['red', 'green', 'blue', 'it''s', ''])[1 + i % 5] END AS color,
	   CASE WHEN i % 17 = 0 THEN NULL ELSE i % 3 = 0 END AS member,
	   CASE WHEN i % 19 = 0 THEN NULL ELSE date '2024-01-01' + (i * 31 % 400) END AS since,
	   CASE WHEN i % 23 = 0 THEN NULL WHEN i % 29 = 0 THEN ' ' ELSE (i * 104729 % 997 / 4.0)::text END AS kept_number,
	   CASE WHEN i % 31 = 0 THEN NULL ELSE to_char(timestamp '2023-12-01 06:30' + i * interval '7 hours', 'YYYY-MM-DD HH24:MI:SS') END AS kept_time,
	   CASE WHEN i % 37 = 0 THEN NULL WHEN i % 2 = 0 THEN 'true' ELSE 'f' END AS kept_boolean,
	   (i * 13 % 500)::numeric::money AS price,
	   CASE WHEN i % 5 = 0 OR i * 7919 % 101 > 60 THEN 'yes' WHEN i % 3 = 1 THEN 'no' ELSE 'perhaps' END AS answer,
	   i % 5 + i * 7919 % 101 / 20.0 + i % 3 AS value
FROM generate_series(1, 400) i;
CREATE TABLE asked AS
SELECT amount, color, member, since, kept_number, kept_time, kept_boolean, price
FROM (VALUES (1.5::float8), (NULL), ('NaN'), (99)) a (amount)
CROSS JOIN (VALUES ('red'), (NULL), ('never met'), ('')) c (color)
CROSS JOIN (VALUES (true, date '2024-05-05', '12.5', '2024-02-29 12:00:01.5', 't', 12::money),
				   (NULL, NULL, NULL, NULL, NULL, NULL),
				   (false, '2031-01-01', '', '', '', (-3)::money),
				   (true, '2024-06-06', 'no number', '2023-02-29', 'perhaps', 3::money),
				   (true, '2024-06-06', '-007.5e1 ', '2024-03-01T23:59:59+02:30', ' FALSE', 3::money),
				   (false, '2024-06-06', '1e999', '0000-01-01', '1', 3::money)) r (member, since, kept_number,
																			  kept_time, kept_boolean, price);

CREATE FUNCTION check_export(model bytea, title text, OUT compared int, OUT wrong int) LANGUAGE plpgsql AS
$$
BEGIN
	-- The answer as text; a number to 9 digits.
	EXECUTE format(
		'SELECT count(*), count(*) FILTER (WHERE expected IS DISTINCT FROM found AND '
		'NOT coalesce(abs(expected::float8 - found::float8) < 1e-6 * (1 + abs(expected::float8)), false)) FROM ('
		'SELECT uprofile_predict_label($1, a) AS expected, (%s)::text AS found FROM asked a) x',
		uprofile_to_sql(model, 'a'))
	INTO compared, wrong USING model;
EXCEPTION WHEN invalid_text_representation THEN
	-- Labels that differ and are no numbers.
	compared := 0;
	wrong := 1;
	RAISE WARNING '%: %', title, SQLERRM;
END
$$;

CREATE TABLE exported (learner text, target text, impute text, indicator bool, encode text, scale text, compared int, wrong int, refused text);
DO
$$
DECLARE
	o record;
	model bytea;
	params jsonb;
	aim text;
BEGIN
	FOR o IN
		SELECT * FROM unnest('{tree,linear,logistic,svm}'::text[]) learner,
			unnest('{auto,mean,median,most_frequent,none,constant}'::text[]) impute,
			unnest('{true,false}'::bool[]) indicator,
			unnest('{auto,one_hot,ordinal,native,capped}'::text[]) encode,
			unnest('{auto,zscore,minmax,robust,none}'::text[]) scale
		WHERE scale IN ('auto', 'robust') OR (impute = 'auto' AND encode IN ('auto', 'ordinal'))
	LOOP
		params := jsonb_build_object('*', jsonb_build_object('impute', CASE WHEN o.impute = 'constant' THEN 'auto' ELSE o.impute END,
			'indicator', o.indicator, 'scale', o.scale));
		IF o.impute = 'constant' THEN
			params := params || '{"amount": {"fill_value": 3}, "color": {"fill_value": "none"}}';
		END IF;
		params := jsonb_set(params, '{color}', coalesce(params->'color', '{}') || CASE o.encode
			WHEN 'capped' THEN '{"encode": "one_hot", "max_categories": 2}'
			WHEN 'auto' THEN '{}'
			ELSE jsonb_build_object('encode', o.encode) END);
		params := jsonb_build_object('prepare', params, 'exclude', '["id"]'::jsonb);
		FOREACH aim IN ARRAY CASE o.learner WHEN 'tree' THEN '{answer,value}' WHEN 'linear' THEN '{value}' ELSE '{answer}' END::text[] LOOP
			params := jsonb_set(params, '{exclude}', jsonb_build_array('id', CASE aim WHEN 'answer' THEN 'value' ELSE 'answer' END));
			IF o.learner = 'tree' THEN
				params := params || '{"max_depth": 5}';
			END IF;
			BEGIN
				EXECUTE format('SELECT uprofile_%s(l, %L, $1) FROM learned l', o.learner, aim) INTO model USING params;
				INSERT INTO exported SELECT o.learner, aim, o.impute, o.indicator, o.encode, o.scale, c.compared, c.wrong
				FROM check_export(model, format('%s %s', o.learner, params)) c;
			EXCEPTION WHEN OTHERS THEN
				INSERT INTO exported VALUES (o.learner, aim, o.impute, o.indicator, o.encode, o.scale, 0, 0, SQLERRM);
			END;
		END LOOP;
	END LOOP;
END
$$;
SELECT learner, target, count(*) FILTER (WHERE refused IS NULL) AS exported, sum(compared) AS compared, sum(wrong) AS wrong
FROM exported GROUP BY 1, 2 ORDER BY 1, 2;
SELECT refused, count(*) FROM exported WHERE refused IS NOT NULL GROUP BY refused ORDER BY refused COLLATE "C";
SELECT learner, target, impute, indicator, encode, scale, wrong FROM exported WHERE wrong > 0 ORDER BY 1, 2, 3, 4, 5, 6;

DROP TABLE learned, asked, exported;
DROP FUNCTION check_export;
