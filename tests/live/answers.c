/* SPDX-License-Identifier: MIT */
/*
 * answers.c - what a source of observations answers: questions "NAME TYPE" on standard input, all
 * asked at once, one line each on standard output:
 *     NAME TYPE STATUS ttl=SECS [OWNER TTL TYPE HEXADECIMAL]...
 *
 * usage: answers [--nameserver ADDR:PORT] [--replay DIR] [[ORIGIN=]FILE...]
 */
#include "observe/sources.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_MAX   4
#define QUESTIONS_MAX 200000
#define CACHE_BYTES   (256u * 1024 * 1024)

struct sources {
    struct ma_source list[SOURCES_MAX];
    size_t count;
    struct ma_zones *zones;
};

static void print_records(const struct ma_rr *rrs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf(" %s %u %u ", rrs[i].owner, rrs[i].ttl_secs, (unsigned)rrs[i].type);
        for (size_t k = 0; k < rrs[i].rdata_size; k++)
            printf("%02x", rrs[i].rdata[k]);
    }
}

static void print_answer(const char *name, const char *type, const struct ma_answer *a)
{
    static const char *const words[] = {"ok", "nodata", "nxdomain", "failed", "pending"};
    printf("%s %s %s", name, type, words[a->status]);
    if (a->status == MA_FAILED)
        printf(":%s", ma_failure_name(a->failure));
    printf(" ttl=%u", a->ttl_secs);
    print_records(a->chain, a->chain_count);
    print_records(a->rrs, a->rr_count);
    putchar('\n');
}

/* A question; its entry is NULL when the name cannot be one. */
struct asked {
    char *line, *type;
    struct ma_entry *entry;
};

static struct asked ask(struct ma_store *store, const char *text)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    struct asked a = {.line = strndup(text, strcspn(text, "\n"))};
    a.type = a.line != NULL ? strchr(a.line, ' ') : NULL;
    if (a.type == NULL)
        exit(2);
    *a.type++ = '\0';
    struct ma_question q = {.name = wire, .type = (uint16_t)ldns_get_rr_type_by_name(a.type)};
    q.name_size = (uint8_t)ma_name_to_wire(wire, a.line);
    ma_question_seal(&q);
    a.entry = q.name_size > 0 ? ma_store_get(store, &q) : NULL;
    return a;
}

static void print_answers(struct ma_store *store, uv_loop_t *loop, struct asked *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct asked *a = &list[i];
        while (a->entry != NULL && ma_entry_answer(a->entry)->status == MA_PENDING)
            uv_run(loop, UV_RUN_ONCE);
        if (a->entry != NULL)
            print_answer(a->line, a->type, ma_entry_answer(a->entry));
        else
            printf("%s %s bad-name\n", a->line, a->type);
        if (a->entry != NULL)
            ma_store_release(store, a->entry);
        free(a->line);
    }
}

static bool open_source(struct sources *s, uv_loop_t *loop, char **argv)
{
    struct ma_server server;
    struct ma_network_options network = {
        &server, 1, MA_NETWORK_WINDOW, MA_NETWORK_QUESTION_TIMEOUT_MSECS, 0};
    struct ma_source *next = &s->list[s->count];
    if (s->count + 2 > SOURCES_MAX || argv[1] == NULL)
        return false;
    s->count++;
    if (strcmp(argv[0], "--replay") == 0)
        return ma_replay_open(next, argv[1], stderr);
    return ma_server_parse(&server, argv[1]) &&
           ma_network_open(next, loop, &network, stderr) != NULL;
}

static bool open_all(struct sources *s, uv_loop_t *loop, char **argv)
{
    s->zones = ma_zones_new();
    ma_zones_open(&s->list[s->count++], s->zones);
    for (; *argv != NULL; argv++) {
        if (strncmp(*argv, "--", 2) == 0) {
            if (!open_source(s, loop, argv++))
                return false;
        } else if (!ma_zones_add(s->zones, *argv, stderr)) {
            return false;
        }
    }
    ma_offline_open(&s->list[s->count++]);
    return true;
}

int main(int argc, char **argv)
{
    static struct sources sources;
    static char line[MA_NAME_TEXT_MAX + 16];
    static struct asked list[QUESTIONS_MAX];
    size_t count = 0;
    static uv_loop_t loop; /* static: what is not freed after an error is no leak */
    (void)argc;
    signal(SIGPIPE, SIG_IGN); /* as in mailaudit: a closed connection is an error of the write */
    if (uv_loop_init(&loop) != 0 || !open_all(&sources, &loop, argv + 1))
        return 2;
    struct ma_store *store = ma_store_new(sources.list, sources.count, CACHE_BYTES);
    if (store == NULL)
        return 2;
    while (count < QUESTIONS_MAX && fgets(line, sizeof line, stdin) != NULL)
        list[count++] = ask(store, line);
    print_answers(store, &loop, list, count);
    ma_store_free(store);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return fflush(stdout) == 0 ? 0 : 2;
}
