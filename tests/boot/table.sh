# To be sourced: tables as Markdown has them, and pages that hold them between marks.
# shellcheck shell=bash disable=SC2154 # scratch is expect.sh's

# table_print LEFT: makes a table, aligned, of lines with | between cells; the first so many columns go to the left.
table_print() {
    awk -F '|' -v left="$1" '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
        NR == 1 { columns = NF }
        END {
            for (row = 1; row <= NR; row++) {
                line = "|"
                for (i = 1; i <= columns; i++)
                    line = line sprintf(i <= left ? " %-" width[i] "s |" : " %" width[i] "s |", cell[row, i])
                print line
                if (row == 1) {
                    line = "|"
                    for (i = 1; i <= columns; i++) {
                        dashes = sprintf("%" width[i] "s", "")
                        gsub(/ /, "-", dashes)
                        line = line (i <= left ? "-" dashes "-|" : "-" dashes ":|")
                    }
                    print line
                }
            }
        }'
}

# table_write PAGE NAME: puts standard input into the page, between its marks <!-- NAME: begin --> and end.
table_write() {
    local page=$1 text
    grep -qxF "<!-- $2: begin -->" "$page" || fail "$page has no place for $2"
    text=$(cat)
    TEXT=$text awk -v begin="<!-- $2: begin -->" -v end="<!-- $2: end -->" '
        $0 == end { inside = 0 }
        !inside
        $0 == begin { inside = 1; print ""; print ENVIRON["TEXT"]; print "" }' "$page" > "$scratch/page"
    cat "$scratch/page" > "$page"
}
