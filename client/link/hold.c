/* The pause key's state machine; see hold.h. */
#include "client/link/hold.h"

bool hold_press(enum hold *hold)
{
    if (*hold != HOLD_NONE)
        return false;
    *hold = HOLD_PRESSED;
    return true;
}

void hold_sent(enum hold *hold)
{
    if (*hold == HOLD_PRESSED)
        *hold = HOLD_SENT;
}

bool hold_paused(enum hold *hold)
{
    if (*hold != HOLD_PRESSED && *hold != HOLD_SENT)
        return false;
    *hold = HOLD_KNOWN;
    return true;
}

bool hold_not_live(enum hold *hold)
{
    return *hold == HOLD_SENT && hold_paused(hold);
}

bool hold_live(enum hold *hold)
{
    if (*hold == HOLD_KNOWN)
        *hold = HOLD_NONE;
    return *hold == HOLD_NONE;
}
