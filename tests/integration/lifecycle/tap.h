/*
 * Between overtd and PostgreSQL: a Unix socket that passes everything on, knows which statement is
 * on its way, and kills the server at the one that a test names.
 *
 * What is looked at is the connection that serves people: the first that asks whose certificate it
 * is (principal_by_identity) after tap_watch. From there on its statements are counted, each BEGIN
 * and COMMIT too. So a test runs an act once to learn its statements, and then again and again to
 * be killed at each.
 */
#ifndef OVERT_TESTS_LIFECYCLE_TAP_H
#define OVERT_TESTS_LIFECYCLE_TAP_H

#include <stddef.h>
#include <sys/types.h>

#define TAP_STATEMENTS_MAX 256
#define TAP_NAME_SIZE 48
#define TAP_NEVER ((size_t)-1)

struct tap;

struct tap_seen {
    char names[TAP_STATEMENTS_MAX][TAP_NAME_SIZE];
    size_t count;
};

/* folder: made here, for the socket. socket_path: PostgreSQL's. Fails the running test if it
 * cannot. */
struct tap *tap_new(const char *folder, const char *socket_path);
void tap_free(struct tap *tap); /* takes NULL */

enum tap_when {
    TAP_BEFORE, /* the statement never reaches the database */
    TAP_AFTER   /* the database has done it, and its answer never reaches the server */
};
/* Counts from here on, and kills pid at the statement of this number (TAP_NEVER: only counts). */
void tap_watch(struct tap *tap, pid_t pid, size_t at, enum tap_when when);
/* What was seen since; stops counting. */
void tap_seen(struct tap *tap, struct tap_seen *ret);

#endif
