#!/bin/bash
# SQLite's shell: scripts with a database file on a mapped folder, rolled back, damaged and locked.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

newline=$'\n'
scripts=$(readlink -f "${BASH_SOURCE[0]%/*}/sqlite")
shell=$PROGRAMS/sqlite3/build/sqlite3
cd "$scratch" || exit
sql() { "$uhyve" --volume .:. "$shell" -batch "$@"; }

# A library of 20000 books, made, asked, changed, in one script; its answers are known.
cp "$scripts/books.sql" .
expect --stdin books.sql --stdout-file "$scripts/books.expected" sql books.db
[[ ! -e books.db-journal ]] || fail "the journal is still there"
[[ $(head -c 15 books.db) == 'SQLite format 3' ]] || fail "no database"

# Another run finds it; what it prints can make it again, in memory.
expect --stdout $'ok\n20000\n' sql -readonly books.db 'PRAGMA integrity_check; SELECT count(*) FROM book;'
sql books.db .dump > dump.sql
expect --stdin dump.sql --stdout '' sql again.db
expect --stdout '' sql -readonly books.db "ATTACH 'again.db' AS b;
    SELECT * FROM book EXCEPT SELECT * FROM b.book; SELECT * FROM b.book EXCEPT SELECT * FROM book;"
expect --stdin dump.sql --stdout '' "$uhyve" "$shell" -batch /tmp/in_memory.db

# All kinds of journal, the write-ahead log for a program that has the database alone (it is shared by a
# map that is written to, which there is not), and reading by maps of the file.
for journal in truncate persist memory off 'wal; PRAGMA user_version'; do
    expect --stdout "(exclusive${newline})?${journal%%;*}$newline(0$newline)?20000$newline" sql again.db \
        "PRAGMA locking_mode = exclusive; PRAGMA journal_mode = $journal; UPDATE book SET price = price + 1; SELECT changes();"
done
expect --stdout $'delete\n100000000\n20000\n40000\nok\n' sql again.db -vfs unix-excl \
    'PRAGMA journal_mode = delete; PRAGMA mmap_size = 100000000; SELECT count(*) FROM book; BEGIN;
     INSERT INTO book SELECT id + 20000, author, title, pages, price, cover FROM book; COMMIT;
     SELECT count(*) FROM book; PRAGMA integrity_check;'
sql again.db 'DELETE FROM book WHERE id > 20000; VACUUM;'

# Text comes in and goes out by files.
printf 'id,name\n1,"a ""quoted"" one"\n2,"two\nlines"\n3,"ümlaut"\n' > in.csv
expect --stdout $'3\\|ümlaut\\|6\n' sql csv.db -cmd '.import --csv in.csv t' -cmd '.output out.csv' -cmd '.mode csv' \
    -cmd '.headers on' -cmd 'SELECT * FROM t;' -cmd '.output' -cmd '.mode list' -cmd '.headers off' \
    'SELECT id, name, length(name) FROM t WHERE id = 3;'
cmp <(tr -d '\r' < out.csv) in.csv
expect --stdout $'in.csv 1\n' sql :memory: "SELECT 'in.csv ' || (readfile('in.csv') LIKE 'id,name%');"
expect sql :memory: "SELECT writefile('made/here.txt', 'text', 33188, 981173106) = 4 WHERE 0; SELECT NULL WHERE writefile('w.txt', 'text', 33188, 981173106) <> 4;"
[[ $(stat -c '%a %s %Y' w.txt) == '644 4 981173106' ]] || fail "writefile: $(stat -c '%a %s %Y' w.txt)"

# A run that is killed in the middle of a transaction leaves a journal; the next takes it back. An error
# is written at once: then all before it is done.
cp books.db killed.db
mkfifo feed errors
"$uhyve" --volume .:. "$shell" -batch killed.db < feed > killed.out 2> errors &
killed=$!
exec 7> feed 8< errors
printf 'PRAGMA cache_size = 5; BEGIN;\nUPDATE book SET pages = -1;\nSELECT nonsense;\n' >&7
read -r -t 20 line <&8 && [[ $line == *nonsense* ]] || fail "in the transaction: ${line:-nothing}"
[[ -s killed.db-journal ]] || fail "no journal"
# Meanwhile the database is locked for others: for guests, and for what runs on the host.
expect --status 5 --stderr '.*database is locked.*' sql killed.db 'SELECT count(*) FROM book;'
kill -KILL $killed
wait $killed 2> /dev/null || true
exec 7>&- 8<&-
expect --stdout $'0\nok\n' sql killed.db 'SELECT count(*) FROM book WHERE pages = -1; PRAGMA integrity_check;'
cmp <(sql books.db .dump) <(sql killed.db .dump)

# What cannot be done is said.
chmod 444 again.db
expect --status 8 --stderr '.*readonly database.*' "$uhyve" --volume .:.:ro "$shell" again.db 'DELETE FROM book;'
head -c 100000 /dev/urandom > damaged.db
expect --status 26 --stderr '.*not a database.*' sql damaged.db 'SELECT 1 FROM x;'
expect --status 1 --stderr '.*unable to open.*' "$uhyve" "$shell" -batch /no/such/folder/x.db 'CREATE TABLE t(a);'
