-- A customer asks to be forgotten. The receipt says what was erased, who else still holds him, and which models saw him.
SET client_min_messages = error;
SELECT min(customer_id) AS somebody FROM shop_profile \gset
\set ECHO queries
SELECT what, place, rows, split_part(note, ';', 1) AS note FROM uprofile_forget('shop', :somebody) WHERE rows IS DISTINCT FROM 0;
SELECT status, trained FROM uprofile_refresh('shop');
SELECT count(*) AS rows_of_his FROM shop_profile WHERE customer_id = :somebody;
\set ECHO none
RESET client_min_messages;
