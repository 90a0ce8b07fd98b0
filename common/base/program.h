/*
 * Where this program runs from. What set-up fetched lies in one place beside the build and in
 * another once installed. Any thread.
 */
#ifndef OVERT_COMMON_BASE_PROGRAM_H
#define OVERT_COMMON_BASE_PROGRAM_H

#include <stdbool.h>

/*
 * True when the program runs from the folder it was built in, false when it was installed or
 * copied. Then nothing may be loaded from the build's paths: where the program runs, anybody may
 * be able to make them, and with them what the program would load.
 */
bool ov_program_is_in_build(void);

#endif
