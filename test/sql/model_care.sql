-- Looking after registered models: prune, rename, comment, export and import.
\set SHOW_CONTEXT never
CREATE TABLE tended AS
SELECT i AS id, (i * 37) % 101 AS age, (i * 53) % 29 AS orders, (i * 37) % 101 + (i * 7) % 20 > 60 AS churned FROM generate_series(1, 400) AS i;
DO $$ BEGIN
	FOR i IN 1..6 LOOP
		PERFORM uprofile_train('tended', 'tended', target => 'churned', algorithm => 'tree', key => 'id', params => jsonb_build_object('max_depth', i),
			deploy => CASE WHEN i < 3 THEN 'always' ELSE 'never' END);
	END LOOP;
	PERFORM uprofile_train('other', 'tended', target => 'churned', algorithm => 'bayes', key => 'id');
END $$;
SELECT version, deployed, seconds > 0 AS seconds, extension_version FROM uprofile_models WHERE model = 'tended' ORDER BY version;
-- 2 is deployed, 1 is what a rollback goes back to
SELECT model_name, versions_dropped, bytes_freed > 0 AS bytes FROM uprofile_prune_models(2, 'tended');
SELECT version FROM uprofile_models WHERE model = 'tended' ORDER BY 1;
SELECT * FROM uprofile_prune_models(2);
SELECT * FROM uprofile_rollback('tended');
SELECT model_name, versions_dropped FROM uprofile_prune_models(1);
SELECT version, deployed FROM uprofile_models WHERE model = 'tended' ORDER BY 1;
SELECT * FROM uprofile_prune_models(0);
SELECT * FROM uprofile_prune_models(NULL);
SELECT * FROM uprofile_prune_models(5, 'tendet');

SELECT uprofile_comment_model('tended', 'who leaves within a month');
SELECT uprofile_rename_model('tended', 'leaving');
SELECT model, version, deployed, comment FROM uprofile_models WHERE model IN ('tended', 'leaving') ORDER BY version;
SELECT count(*) FILTER (WHERE uprofile_predict_label('leaving', t) = churned::text) > 300 AS good FROM tended t;
SELECT uprofile_predict_label('tended', t) FROM tended t LIMIT 1;
SELECT * FROM uprofile_deploy('leaving', 6);
SELECT uprofile_comment_model('leaving', NULL);
SELECT comment FROM uprofile_models WHERE model = 'leaving' AND deployed;
SELECT uprofile_rename_model('leaving', 'other');
SELECT uprofile_rename_model('leaving', 'a.b');
SELECT uprofile_rename_model('leaving', '');
SELECT uprofile_rename_model('nothing', 'something');
SELECT uprofile_comment_model('nothing', 'x');
SELECT uprofile_comment_model(NULL, 'x');

CREATE TABLE sent AS SELECT uprofile_export_model('leaving') AS document;
SELECT document - 'bytes' - 'metrics' - 'trained_at' - 'trained_by' AS facts FROM sent;
SELECT i.* FROM sent, uprofile_import_model(document, 'arrived') i;
SELECT i.* FROM sent, uprofile_import_model(document, deploy => false) i;
SELECT algorithm, task, target, rows_trained, rows_tested, features, key_column, source, regexp_replace(note, 'by .* at [^;]*', 'by … at …') AS note,
	metrics = (SELECT metrics FROM uprofile_models WHERE model = 'leaving' AND version = 6) AS metrics
FROM uprofile_models WHERE model = 'arrived';
SELECT bool_and(uprofile_predict_label('leaving', t) = uprofile_predict_label('arrived', t)) AS same FROM tended t;
SELECT uprofile_export_model('leaving', 1)->'version' AS version, uprofile_export_model(NULL) IS NULL AS nothing;
SELECT uprofile_export_model('leaving', 3);
SELECT uprofile_export_model('nothing');
SELECT uprofile_import_model('[]');
SELECT uprofile_import_model('{"uprofile_model": 2}');
SELECT uprofile_import_model(document - 'bytes') FROM sent;
SELECT uprofile_import_model(document || '{"bytes": 1}') FROM sent;
SELECT uprofile_import_model(document || '{"bytes": "%%"}') FROM sent;
SELECT uprofile_import_model(document || jsonb_build_object('bytes', encode(overlay(decode(document->>'bytes', 'base64') PLACING '\xff' FROM 60), 'base64'))) FROM sent;
SELECT uprofile_import_model(document || '{"rows_trained": -1}') FROM sent;
SELECT uprofile_import_model(document || '{"metrics": {"auc": [1]}}') FROM sent;
SELECT uprofile_import_model(document, 'a.b') FROM sent;
SELECT uprofile_import_model(NULL);
SELECT count(*) FROM uprofile_models WHERE model IN ('leaving', 'arrived');
SELECT model_name FROM uprofile_drop_model('leaving') UNION ALL SELECT model_name FROM uprofile_drop_model('arrived') UNION ALL SELECT model_name FROM uprofile_drop_model('other');
DROP TABLE tended, sent;
