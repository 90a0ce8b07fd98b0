/* Tells the service manager how the server is (sd_notify's protocol), where there is one. */
#ifndef OVERT_SERVER_NOTIFY_H
#define OVERT_SERVER_NOTIFY_H

/* state: "READY=1", "STOPPING=1" ... Does nothing without NOTIFY_SOCKET. */
void notify_manager(const char *state);

#endif
