# cmake -DIN=... -DOUT=... -P embed.cmake
#
# Writes the API's description into a C file as bytes, so nothing in it needs escaping.
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT
"/* Made by server/api/embed.cmake from server/api/openapi.yaml. */
#include \"server/api/description.h\"

const unsigned char description_text[] = {${bytes}};
const size_t description_size = sizeof(description_text);
")
