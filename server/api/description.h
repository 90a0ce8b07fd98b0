/* The API's own description, openapi.yaml as it was when this program was built. */
#ifndef OVERT_SERVER_API_DESCRIPTION_H
#define OVERT_SERVER_API_DESCRIPTION_H

#include <stddef.h>

extern const unsigned char description_text[];
extern const size_t description_size;

#endif
