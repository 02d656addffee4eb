-- A library: tables with constraints, indexes, triggers, views; queries of all kinds; transactions.
PRAGMA foreign_keys = ON;
.bail on
CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, born INTEGER);
CREATE TABLE book(id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES author ON DELETE CASCADE,
  title TEXT NOT NULL, pages INTEGER CHECK (pages > 0 OR pages = -1), price REAL, cover BLOB);
CREATE TABLE change(id INTEGER PRIMARY KEY AUTOINCREMENT, book INTEGER, what TEXT);
CREATE TRIGGER book_price AFTER UPDATE OF price ON book WHEN old.price <> new.price
BEGIN
  INSERT INTO change(book, what) VALUES (new.id, printf('%.2f -> %.2f', old.price, new.price));
END;

BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO author SELECT i, printf('Author %03d', i), 1800 + i % 200 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO book SELECT i, 1 + (i * 7919) % 500, 'Book ' || hex(i * 2654435761 % 4294967296), 50 + (i * 31) % 950,
  5 + (i * 17 % 4000) / 100.0, zeroblob(i % 300) FROM n;
COMMIT;
CREATE INDEX book_author ON book(author, pages);
CREATE INDEX book_cheap ON book(price) WHERE price < 10;
CREATE VIEW shelf AS SELECT a.name, count(*) AS books, sum(pages) AS pages, round(avg(price), 3) AS price
  FROM author a JOIN book b ON b.author = a.id GROUP BY a.id;
ANALYZE;

SELECT 'counts', (SELECT count(*) FROM author), (SELECT count(*) FROM book), (SELECT total(pages) FROM book);
SELECT * FROM shelf ORDER BY pages DESC, name LIMIT 3;
SELECT 'long', id, pages FROM book WHERE author = 42 AND pages BETWEEN 100 AND 200 ORDER BY pages, id LIMIT 4;
SELECT 'cheap', count(*), min(price), max(price) FROM book WHERE price < 10;
SELECT 'plan', detail FROM pragma_table_info('book') JOIN (SELECT 'has ' || count(*) || ' columns' AS detail FROM pragma_table_info('book')) LIMIT 1;
SELECT 'window', id, pages, rank() OVER (ORDER BY pages DESC, id), sum(pages) OVER (ORDER BY id ROWS 2 PRECEDING)
  FROM book WHERE author = 7 ORDER BY id LIMIT 3;
SELECT 'groups', born / 50 * 50 AS half, count(*), group_concat(DISTINCT born % 10) FROM author GROUP BY half HAVING count(*) > 100;
SELECT 'outer', count(*) FROM author LEFT JOIN book ON book.author = author.id AND pages > 998 WHERE book.id IS NULL;

-- Changes, taken back in parts and as a whole.
BEGIN;
UPDATE book SET price = price * 2 WHERE id <= 3;
SAVEPOINT one;
DELETE FROM author WHERE id <= 250;
SELECT 'deleted', (SELECT count(*) FROM book);
ROLLBACK TO one;
SELECT 'back', (SELECT count(*) FROM book);
COMMIT;
SELECT 'changes', * FROM change;
BEGIN;
DELETE FROM book;
ROLLBACK;
INSERT INTO author VALUES (1, 'x', 1) ON CONFLICT(id) DO UPDATE SET born = excluded.born + 1000 RETURNING 'upsert', id, name, born;

-- Functions: text, dates, mathematics, JSON.
SELECT upper('abc'), substr('database', 5), replace('a-b-c', '-', '+'), instr('hello', 'l'), hex('Ä'), unicode('€'), quote('it''s');
SELECT date('2024-01-31', '+1 month'), strftime('%Y-%j %H:%M:%f', 2460310.75), julianday('2000-01-01 12:00'), datetime(1e9, 'unixepoch');
SELECT round(sqrt(2), 12), round(exp(1), 12), round(log(1000), 12), round(atan2(1, -1), 12), power(2, 0.5) = sqrt(2), 7 % 4, -7 / 2, 1e308 * 10;
SELECT 9223372036854775807 + 0, 9223372036854775807 + 1 > 9e18, 0.1 + 0.2, 1.0, 1e15, 123456789012345680.0, CAST('12abc' AS INTEGER), typeof(1 / 2.0);
SELECT json_extract('{"a": [1, {"b": "x"}]}', '$.a[1].b'), json_group_array(value * 2) FROM json_each('[1, 2, 3]');
SELECT printf('%5d|%-5s|%05.1f|%x|%,d', 42, 'ab', 3.14159, 255, 1234567), 'ABC' LIKE 'a_c', 'abc' GLOB 'a*', 'x' BETWEEN 'a' AND 'z';

-- Full text and boxes in space.
CREATE VIRTUAL TABLE note USING fts5(title, body);
INSERT INTO note SELECT 'note ' || id, 'the book ' || title || CASE WHEN id % 100 = 0 THEN ' is rare and precious' ELSE ' is common' END FROM book WHERE id <= 5000;
SELECT 'text', count(*), min(rowid) FROM note WHERE note MATCH 'rare AND prec*';
SELECT 'near', highlight(note, 1, '[', ']') FROM note WHERE note MATCH 'NEAR(rare precious, 3)' ORDER BY rowid LIMIT 1;
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1);
INSERT INTO box SELECT id, id % 100, id % 100 + 0.5, id / 100, id / 100 + 0.5 FROM book WHERE id < 10000;
SELECT 'boxes', count(*), min(id), max(id) FROM box WHERE x0 >= 10 AND x1 <= 15 AND y0 >= 20 AND y1 < 25;
DROP TABLE note;
DROP TABLE box;

-- A sort that does not fit into the cache, a table that is no longer there, and the file made small again.
PRAGMA cache_size = 50;
PRAGMA temp_store = FILE;
SELECT 'sorted', count(*), sum(length(CAST(c AS BLOB))) FROM (SELECT cover || title AS c FROM book ORDER BY c DESC, pages LIMIT -1 OFFSET 10);
CREATE TABLE filler AS SELECT zeroblob(1000) AS z FROM book LIMIT 5000;
DROP TABLE filler;
VACUUM;
UPDATE author SET born = 1801 WHERE id = 1;
SELECT 'size', page_count < 2000, freelist_count FROM pragma_page_count, pragma_freelist_count;
PRAGMA integrity_check;
PRAGMA foreign_key_check;
