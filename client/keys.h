/*
 * The keyboard, for one key: p, pause. Only where standard input and output are a terminal and the
 * program is in its foreground; SIGUSR1 does the same everywhere. Main thread; nothing is echoed or
 * kept. The terminal's settings are the process's one global state here, because a signal handler
 * has to be able to put them back.
 */
#ifndef OVERT_CLIENT_KEYS_H
#define OVERT_CLIENT_KEYS_H

#include <stdbool.h>

struct keys {
    bool is_open;
};

/* Takes each key at once, without echo, if is_terminal and standard input is one as well. */
void keys_start(struct keys *keys, bool is_terminal);
/* Reads what was typed; true if p was among it. Does not wait. */
bool keys_pause_pressed(struct keys *keys);
/* Puts the terminal back as it was. Async-signal-safe; harmless when nothing was changed. */
void keys_restore(void);

#endif
