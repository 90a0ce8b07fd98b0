/*
 * The pause key: the crew's own stop, which needs no server.
 *
 * From the key on nothing is captured, whatever leases arrive. The server is told as soon as there
 * is a session, and again in the next one until it has said that the deployment is paused. From
 * then on the pause is the deployment's, and ends when the server says live again: there is no key
 * for that. A state machine without clock or connection; link thread only.
 */
#ifndef OVERT_CLIENT_LINK_HOLD_H
#define OVERT_CLIENT_LINK_HOLD_H

#include <stdbool.h>

enum hold {
    HOLD_NONE,    /* not pressed */
    HOLD_PRESSED, /* the server has not been told */
    HOLD_SENT,    /* told, perhaps over a connection that was lost */
    HOLD_KNOWN    /* the server has said that the deployment is paused */
};

/* The key. False when it changes nothing. */
bool hold_press(enum hold *hold);
/* A PauseRequest has been handed to the connection. */
void hold_sent(enum hold *hold);
/* The server says that the deployment is paused. False when that was known, or no key pressed. */
bool hold_paused(enum hold *hold);
/* The server refuses a session because the deployment is not live. That is the answer to a request
 * that was sent; to one that was not, the deployment may not have begun. */
bool hold_not_live(enum hold *hold);
/* The server says that the deployment is live. True when it does so after its pause: capturing may
 * go on. False with a hold still on: the server is to be told (again). */
bool hold_live(enum hold *hold);

#endif
