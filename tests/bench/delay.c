/* SPDX-License-Identifier: MIT */
/*
 * delay - a UDP forwarder on loopback that hands every answer on after a fixed delay.
 *
 *   delay LISTEN-PORT SERVER-PORT DELAY-MSECS [DEAD-ZONE]
 *
 * Questions about names in DEAD-ZONE are lost, as where all its servers are dead.
 *
 * Each question gets a server-side id of its own, so any number of clients may ask at once. Answers
 * wait in a ring: the delay is the same for all, so the oldest is always the next to go. It runs
 * until it is ended, or its standard input closes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 4096  /* bytes; EDNS offers less */
#define RING        4096  /* answers that wait */
#define IDS         65536 /* questions in flight, by the id that the server sees */
#define NSECS_MSEC  1000000
#define HEADER      12
#define NAME_BYTES  255 /* bytes, RFC 1035 3.1 */

struct asker {
    struct sockaddr_in from;
    uint8_t id[2]; /* as the client sent it */
};

struct waiting {
    int64_t due_nsecs;
    struct sockaddr_in to;
    size_t size;
    uint8_t message[MESSAGE_MAX];
};

struct forwarder {
    int client_fd, server_fd;
    int64_t delay_nsecs;
    struct asker askers[IDS];
    uint16_t next_id;
    uint8_t dead[NAME_BYTES + 1]; /* a name in wire format; nothing is dead when dead_size is 0 */
    size_t dead_size;
    struct waiting ring[RING];
    size_t first, count;
};

static int64_t now_nsecs(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 * NSECS_MSEC + t.tv_nsec;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

/* "bl.example" in wire format; false if it is no name. */
static bool put_dead(struct forwarder *f, const char *text)
{
    size_t at = 0;
    while (*text != '\0') {
        size_t n = strcspn(text, ".");
        if (n == 0 || n > 63 || at + n + 2 > NAME_BYTES)
            return false;
        f->dead[at++] = (uint8_t)n;
        memcpy(f->dead + at, text, n);
        at += n;
        text += n + (text[n] == '.');
    }
    f->dead_size = at + 1; /* with the root's empty label */
    return at > 0;
}

static bool is_dead(const struct forwarder *f, const uint8_t *message, size_t size)
{
    for (size_t at = HEADER; f->dead_size > 0 && at < size && message[at] != 0;
         at += 1u + message[at])
        if (size - at >= f->dead_size && memcmp(message + at, f->dead, f->dead_size) == 0)
            return true;
    return false;
}

static void take_questions(struct forwarder *f)
{
    uint8_t message[MESSAGE_MAX];

    for (;;) {
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(f->client_fd, message, sizeof message, MSG_DONTWAIT,
            (struct sockaddr *)&from, &from_size);
        if (size < 2)
            return;
        if (is_dead(f, message, (size_t)size))
            continue;
        uint16_t id = f->next_id++;
        f->askers[id].from = from;
        memcpy(f->askers[id].id, message, 2);
        message[0] = (uint8_t)(id >> 8);
        message[1] = (uint8_t)id;
        /* a full socket buffer loses the question, as a network would */
        (void)send(f->server_fd, message, (size_t)size, 0);
    }
}

static void take_answers(struct forwarder *f)
{
    while (f->count < RING) {
        struct waiting *w = &f->ring[(f->first + f->count) % RING];
        ssize_t size = recv(f->server_fd, w->message, sizeof w->message, MSG_DONTWAIT);
        if (size < 2)
            return;
        const struct asker *a = &f->askers[w->message[0] << 8 | w->message[1]];
        memcpy(w->message, a->id, 2);
        w->to = a->from;
        w->size = (size_t)size;
        w->due_nsecs = now_nsecs() + f->delay_nsecs;
        f->count++;
    }
}

static void hand_on(struct forwarder *f)
{
    while (f->count > 0 && f->ring[f->first].due_nsecs <= now_nsecs()) {
        struct waiting *w = &f->ring[f->first];
        (void)sendto(f->client_fd, w->message, w->size, 0, (struct sockaddr *)&w->to, sizeof w->to);
        f->first = (f->first + 1) % RING;
        f->count--;
    }
}

static void forward(struct forwarder *f)
{
    struct pollfd fds[] = {
        {f->client_fd, POLLIN, 0}, {f->server_fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

    while (fds[2].revents == 0) {
        struct timespec wait = {0};
        if (f->count > 0) {
            int64_t left = f->ring[f->first].due_nsecs - now_nsecs();
            if (left > 0) {
                wait.tv_sec = left / (1000 * NSECS_MSEC);
                wait.tv_nsec = left % (1000 * NSECS_MSEC);
            }
        }
        if (ppoll(fds, 3, f->count > 0 ? &wait : NULL, NULL) < 0 && errno != EINTR)
            return;
        take_questions(f);
        take_answers(f);
        hand_on(f);
    }
}

static bool number(const char *text, long max, long *value_r)
{
    char *end;

    errno = 0;
    *value_r = strtol(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' && *value_r >= 0 && *value_r <= max;
}

int main(int argc, char **argv)
{
    static struct forwarder f;
    long listen_port, server_port, delay_msecs;

    if (argc < 4 || argc > 5 || !number(argv[1], UINT16_MAX, &listen_port) ||
        !number(argv[2], UINT16_MAX, &server_port) || !number(argv[3], 10000, &delay_msecs) ||
        (argc == 5 && !put_dead(&f, argv[4]))) {
        fprintf(stderr, "usage: delay LISTEN-PORT SERVER-PORT DELAY-MSECS [DEAD-ZONE]\n");
        return 2;
    }
    struct sockaddr_in here = loopback((uint16_t)listen_port);
    struct sockaddr_in there = loopback((uint16_t)server_port);
    f.delay_nsecs = delay_msecs * NSECS_MSEC;
    f.client_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    f.server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (f.client_fd < 0 || f.server_fd < 0 ||
        bind(f.client_fd, (struct sockaddr *)&here, sizeof here) != 0 ||
        connect(f.server_fd, (struct sockaddr *)&there, sizeof there) != 0) {
        perror("delay");
        return 1;
    }
    forward(&f);
    return 0;
}
