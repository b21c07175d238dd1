-- Item sets, rules and recommendations on baskets that can be counted by hand.
\set SHOW_CONTEXT never
CREATE TABLE baskets (basket int, item text);
INSERT INTO baskets VALUES (1, 'bread'), (1, 'butter'), (1, 'butter'), (2, 'bread'), (2, 'butter'), (2, 'jam'), (3, 'bread'),
	(4, 'jam'), (4, NULL), (5, NULL), (NULL, 'bread');

-- four baskets have an item; butter counts once in basket 1
SELECT * FROM uprofile_itemsets('baskets', 'basket', 'item', 0.5);
SELECT items, count FROM uprofile_itemsets('baskets', 'basket', 'item', 2);
SELECT items, count FROM uprofile_itemsets('baskets', 'basket', 'item', 1.5, min_len => 2);
SELECT items, truncated FROM uprofile_itemsets('baskets', 'basket', 'item', 0.25, max_itemsets => 2);
SELECT lhs, rhs, count, support, round(confidence::numeric, 4) AS confidence, round(lift::numeric, 4) AS lift,
       round(leverage::numeric, 4) AS leverage, conviction
FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.5);
SELECT lhs, rhs FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.1, max_rhs => 0);
SELECT lhs, rhs FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.1, rhs_items => '{jam}');
SELECT lhs, rhs FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.1, lhs_items => '{jam}', exclude_items => '{butter}');
SELECT lhs, rhs, truncated FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.1, max_rules => 1);
CREATE TABLE rules AS SELECT * FROM uprofile_apriori('baskets', 'basket', 'item', 0.25, 0.1);
SELECT item, round(score::numeric, 4) AS score, lhs, rhs FROM uprofile_recommend('rules', '{bread}');
SELECT item, round(score::numeric, 4) AS score FROM uprofile_recommend('rules', '{bread,butter}', 1);
SELECT count(*) FROM uprofile_recommend('rules', '{bread,butter,jam}');
SELECT count(*) FROM uprofile_recommend('rules', '{caviar}');

-- errors
SELECT * FROM uprofile_itemsets('nowhere', 'basket', 'item');
SELECT * FROM uprofile_itemsets('baskets', 'bask', 'item');
SELECT * FROM uprofile_itemsets('baskets', 'basket', 'itm');
SELECT * FROM uprofile_itemsets('baskets', 'basket', 'item', 0);
SELECT * FROM uprofile_itemsets('baskets', 'basket', 'item', 'NaN');
SELECT * FROM uprofile_apriori('baskets', 'basket', 'item', 0.1, 2);
SELECT * FROM uprofile_apriori('DROP TABLE baskets', 'basket', 'item');
SELECT count(*) FROM uprofile_itemsets('SELECT * FROM baskets WHERE false', 'basket', 'item');
SELECT * FROM uprofile_recommend('baskets', '{bread}');
SELECT * FROM uprofile_recommend('rules', '{bread}', -1);
