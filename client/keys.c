/* The keyboard; see keys.h. */
#include "client/keys.h"

#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t is_changed;

static bool is_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void keys_start(struct keys *keys, bool is_terminal)
{
    keys->is_open = false;
    if (!is_terminal || isatty(STDIN_FILENO) != 1 || !is_foreground() ||
        tcgetattr(STDIN_FILENO, &before) != 0)
        return;
    struct termios now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ISIG stays: Ctrl-C ends */
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    is_changed = 1;
    keys->is_open = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

bool keys_pause_pressed(struct keys *keys)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    bool pressed = false;
    if (!keys->is_open || !is_foreground() || poll(&input, 1, 0) <= 0)
        return false;
    char typed[64];
    ssize_t count = read(STDIN_FILENO, typed, sizeof(typed));
    if (count <= 0 && (input.revents & POLLHUP) != 0)
        keys->is_open = false;
    for (ssize_t i = 0; i < count; i++)
        pressed = pressed || typed[i] == 'p' || typed[i] == 'P';
    return pressed;
}

void keys_restore(void)
{
    if (is_changed == 0)
        return;
    is_changed = 0;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}
