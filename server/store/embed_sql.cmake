# cmake -DSQL_DIR=... -DOUT_DIR=... -P embed_sql.cmake
#
# Writes statements.h (one enum value per file of sql/) and statements.c (their names and texts).
# The text goes in as bytes, so nothing in it needs escaping.
file(GLOB files ${SQL_DIR}/*.sql)
list(SORT files)
set(values "")
set(arrays "")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  string(TOUPPER ${name} upper)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND values "    STATEMENT_${upper},\n")
  string(APPEND arrays "static const char sql_${name}[] = {${bytes}0};\n")
  string(APPEND rows "    [STATEMENT_${upper}] = {\"${name}\", sql_${name}},\n")
endforeach()
set(note "/* Made by server/store/embed_sql.cmake from server/store/sql. */\n")
file(CONFIGURE OUTPUT ${OUT_DIR}/statements.h @ONLY CONTENT
"${note}#ifndef OVERT_SERVER_STORE_STATEMENTS_H
#define OVERT_SERVER_STORE_STATEMENTS_H

enum statement {
${values}    STATEMENT_COUNT
};

struct statement_text {
    const char *name;
    const char *sql;
};
extern const struct statement_text statement_texts[STATEMENT_COUNT];

#endif
")
file(CONFIGURE OUTPUT ${OUT_DIR}/statements.c @ONLY CONTENT
"${note}#include \"server/store/statements.h\"

${arrays}
const struct statement_text statement_texts[STATEMENT_COUNT] = {
${rows}};
")
