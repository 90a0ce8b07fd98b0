/* Where the benches and tests of common/face find the model pack, photos and data. */
#ifndef OVERT_TESTS_BENCH_FACE_PLACES_H
#define OVERT_TESTS_BENCH_FACE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Each writes a path and tells whether it is there. The pack and photos are in OVERT_DEPS, or
 * .deps under OVERT_SOURCE_DIR or the current folder; the data in OVERT_DATA, or ../shared/data.
 */
bool place_of_pack(char *out, size_t out_size);
bool place_of_photo(int number, char *out, size_t out_size);
bool place_of_data(const char *folder, char *out, size_t out_size);

#endif
