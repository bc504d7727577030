/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "address.h"
#include "arena.h"
#include "name.h"
#include "seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SETS_MAX      4096 /* a power of two */
#define RRS_MAX       64
#define CHAIN_MAX     8
#define RUN_BYTES_MAX (64u * 1024 * 1024)

struct set {
    char *name;
    enum ma_rrtype type; /* 0: the name exists */
    struct ma_rr rrs[RRS_MAX];
    struct ma_answer answer;
};

struct ma_run {
    struct ma_arena arena;
    struct world *world;
    unsigned questions;
};

struct world {
    struct ma_arena arena;
    struct set *sets[SETS_MAX];
    struct ma_answer *negative[SETS_MAX];
    struct ma_run run;
};

static const struct {
    const char *name;
    enum ma_rrtype type;
} types[] = {{"A", MA_A}, {"AAAA", MA_AAAA}, {"MX", MA_MX}, {"PTR", MA_PTR}, {"CNAME", MA_CNAME},
    {"TXT", MA_TXT}, {"*", (enum ma_rrtype)255}};

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    ma_arena_init(&w->arena, 65536, RUN_BYTES_MAX);
    ma_arena_init(&w->run.arena, 65536, RUN_BYTES_MAX);
    w->run.world = w;
    return w;
}

void world_free(struct world *w)
{
    ma_arena_clear(&w->run.arena);
    ma_arena_clear(&w->arena);
    free(w);
}

struct ma_run *world_run(struct world *w)
{
    ma_arena_clear(&w->run.arena);
    w->run.questions = 0;
    return &w->run;
}

unsigned world_questions(const struct world *w)
{
    return w->run.questions;
}

static unsigned hash(const char *name, enum ma_rrtype type)
{
    unsigned h = 2166136261u ^ type;
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h;
}

static struct set *find(struct world *w, const char *name, enum ma_rrtype type, bool make)
{
    unsigned i = hash(name, type) % SETS_MAX;
    while (w->sets[i] != NULL && (w->sets[i]->type != type || strcmp(w->sets[i]->name, name) != 0))
        i = (i + 1) % SETS_MAX;
    if (w->sets[i] != NULL || !make)
        return w->sets[i];
    struct set *set = ma_arena_alloc(&w->arena, sizeof *set);
    set->name = ma_arena_strdup(&w->arena, name);
    set->type = type;
    set->answer = (struct ma_answer){
        .status = MA_OK, .name = set->name, .type = type, .rrs = set->rrs, .detail = ""};
    w->sets[i] = set;
    return set;
}

/* As in every answer: lower case, no trailing dot. NULL when it cannot be a name. */
static const char *normal(struct ma_arena *arena, const char *text)
{
    uint8_t wire[MA_NAME_WIRE_MAX];
    char out[MA_NAME_TEXT_MAX];
    if (ma_name_to_wire(wire, text) == 0)
        return NULL;
    ma_name_to_text(out, wire);
    return ma_arena_strdup(arena, out);
}

static size_t unescape(char *out, const char *text)
{
    size_t size = 0;
    while (*text != '\0') {
        if (text[0] == '\\' && strspn(text + 1, "0123456789") >= 3) {
            out[size++] = (char)((text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0'));
            text += 4;
        } else {
            out[size++] = *text++;
        }
    }
    return size;
}

static bool fill(struct world *w, struct ma_rr *rr, const char *rdata)
{
    char *host;
    switch (rr->type) {
    case MA_A:
    case MA_AAAA:
        return ma_address_parse(&rr->address, rdata);
    case MA_MX:
        rr->mx.preference = (uint16_t)strtoul(rdata, &host, 10);
        host += strspn(host, " ");
        rr->mx.exchange = normal(&w->arena, *host != '\0' ? host : ".");
        return rr->mx.exchange != NULL;
    case MA_TXT: {
        char *text = ma_arena_alloc(&w->arena, strlen(rdata) + 1);
        rr->txt.size = unescape(text, rdata);
        rr->txt.bytes = text;
        return true;
    }
    default:
        rr->name = normal(&w->arena, rdata);
        return rr->name != NULL;
    }
}

static bool fail(struct set *set, const char *failure)
{
    if (strcmp(failure, "pending") == 0) {
        set->answer.status = MA_PENDING;
        return true;
    }
    set->answer.status = MA_FAILED;
    for (int f = 0; f < MA_FAIL_COUNT; f++)
        if (strcmp(failure, ma_failure_name((enum ma_failure)f)) == 0)
            set->answer.failure = (enum ma_failure)f;
    return set->answer.failure != MA_FAIL_NONE;
}

bool world_add(struct world *w, const char *line)
{
    char name_text[MA_NAME_TEXT_MAX], type_text[16];
    int consumed = 0;
    if (sscanf(line, "%1000s %15s%n", name_text, type_text, &consumed) != 2)
        return false;
    const char *rdata = line + consumed + (line[consumed] == ' ');
    const char *name = normal(&w->arena, name_text);
    enum ma_rrtype type = (enum ma_rrtype)0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type_text) == 0)
            type = types[i].type;
    if (name == NULL || type == 0)
        return false;
    find(w, name, (enum ma_rrtype)0, true);
    struct set *set = find(w, name, type, true);
    if (rdata[0] == '!')
        return fail(set, rdata + 1);
    if (set->answer.rr_count == RRS_MAX)
        return false;
    struct ma_rr *rr = &set->rrs[set->answer.rr_count];
    *rr = (struct ma_rr){.owner = set->name, .type = type, .ttl_secs = 3600};
    if (!fill(w, rr, rdata))
        return false;
    set->answer.rr_count++;
    return true;
}

/* ---- what src/spf calls ------------------------------------------------------------------- */

const char *ma_failure_name(enum ma_failure f)
{
    static const char *const names[MA_FAIL_COUNT] = {"none", "timeout", "servfail", "refused",
        "rcode", "malformed", "truncated", "too-large", "cname-loop", "bad-name", "network",
        "offline", "budget", "forbidden", "not-recorded", "bogus", "bad-url", "no-address",
        "connect", "tls", "certificate", "redirect"};
    return names[f] != NULL ? names[f] : "";
}

/* One answer object a question, as the store has it. */
static const struct ma_answer *negative(
    struct world *w, enum ma_status status, const char *name, enum ma_rrtype type)
{
    unsigned i = hash(name, type) % SETS_MAX;
    for (unsigned tries = 0; tries < SETS_MAX && w->negative[i] != NULL; tries++) {
        if (w->negative[i]->type == type && strcmp(w->negative[i]->name, name) == 0)
            return w->negative[i];
        i = (i + 1) % SETS_MAX;
    }
    struct ma_answer *answer = ma_arena_alloc(&w->arena, sizeof *answer);
    *answer = (struct ma_answer){.status = status,
        .name = ma_arena_strdup(&w->arena, name),
        .type = type,
        .failure = status == MA_FAILED ? MA_FAIL_CNAME_LOOP : MA_FAIL_NONE,
        .detail = ""};
    if (w->negative[i] == NULL)
        w->negative[i] = answer;
    return answer;
}

static const struct ma_answer *observe(struct world *w, enum ma_rrtype type, const char *asked)
{
    const char *name = asked;
    for (int aliases = 0; aliases < CHAIN_MAX; aliases++) {
        const struct set *set = find(w, name, (enum ma_rrtype)255, false);
        if (set == NULL)
            set = find(w, name, type, false);
        if (set != NULL)
            return &set->answer;
        set = find(w, name, MA_CNAME, false);
        if (set == NULL || set->answer.rr_count == 0)
            return negative(w,
                find(w, name, (enum ma_rrtype)0, false) != NULL ? MA_NODATA : MA_NXDOMAIN, asked,
                type);
        name = set->rrs[0].name;
    }
    return negative(w, MA_FAILED, asked, type);
}

const struct ma_answer *ma_dns(struct ma_run *run, enum ma_rrtype type, const char *fmt, ...)
{
    char text[MA_NAME_TEXT_MAX], name[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    run->questions++;
    if (ma_name_to_wire(wire, text) == 0) {
        struct ma_answer *bad = ma_alloc(run, sizeof *bad);
        *bad = (struct ma_answer){.status = MA_FAILED,
            .failure = MA_FAIL_BAD_NAME,
            .type = type,
            .name = ma_text(run, "%s", text),
            .detail = ""};
        return bad;
    }
    ma_name_to_text(name, wire);
    return observe(run->world, type, name);
}

const struct ma_answer *ma_dns_seen(
    const struct ma_run *run, enum ma_rrtype type, const char *asked)
{
    char name[MA_NAME_TEXT_MAX];
    uint8_t wire[MA_NAME_WIRE_MAX];
    if (ma_name_to_wire(wire, asked) == 0)
        return NULL;
    ma_name_to_text(name, wire);
    return observe(run->world, type, name);
}

void *ma_alloc(struct ma_run *run, size_t size)
{
    void *memory = ma_arena_alloc(&run->arena, size);
    if (memory == NULL)
        abort();
    return memory;
}

const char *ma_text(struct ma_run *run, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = ma_arena_vprintf(&run->arena, fmt, args);
    va_end(args);
    if (text == NULL)
        abort();
    return text;
}

const char *ma_address_reversed(struct ma_run *run, const struct ma_address *a)
{
    if (a->family == 4)
        return ma_text(run, "%u.%u.%u.%u", a->bytes[3], a->bytes[2], a->bytes[1], a->bytes[0]);
    char *text = ma_alloc(run, 64);
    for (int i = 0; i < 32; i++) {
        text[2 * i] =
            "0123456789abcdef"[i % 2 == 0 ? a->bytes[15 - i / 2] & 15 : a->bytes[15 - i / 2] >> 4];
        text[2 * i + 1] = '.';
    }
    text[63] = '\0';
    return text;
}

const char *ma_address_text(struct ma_run *run, const struct ma_address *a)
{
    char text[64];
    ma_address_print(text, a);
    return ma_text(run, "%s", text);
}
