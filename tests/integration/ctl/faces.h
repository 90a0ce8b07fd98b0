/* Photographs of one face each, cut out of the demo's group photographs. */
#ifndef OVERT_TESTS_CTL_FACES_H
#define OVERT_TESTS_CTL_FACES_H

#include <stdbool.h>

#define FACES_COUNT 10

/* Writes folder/portrait-0.jpg to portrait-9.jpg; false when the demo's photographs are not there.
 */
bool faces_cut(const char *photos, const char *folder);

#endif
