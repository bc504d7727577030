/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include "format.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MA_ALIGN _Alignof(max_align_t)

struct ma_arena_chunk {
    struct ma_arena_chunk *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct ma_arena_hook {
    struct ma_arena_hook *next;
    void (*release)(void *);
    void *object;
};

void ma_arena_init(struct ma_arena *a, size_t chunk_bytes, size_t cap_bytes)
{
    *a = (struct ma_arena){.chunk_bytes = chunk_bytes, .cap_bytes = cap_bytes};
}

static void run_hooks(struct ma_arena *a, const struct ma_arena_hook *until)
{
    while (a->hooks != until) {
        struct ma_arena_hook *h = a->hooks;
        a->hooks = h->next;
        h->release(h->object);
    }
}

void ma_arena_clear(struct ma_arena *a)
{
    run_hooks(a, NULL);
    while (a->chunks != NULL) {
        struct ma_arena_chunk *c = a->chunks;
        a->chunks = c->next;
        free(c);
    }
    a->used_bytes = 0;
}

size_t ma_arena_footprint(const struct ma_arena *a)
{
    size_t bytes = 0;
    for (const struct ma_arena_chunk *c = a->chunks; c != NULL; c = c->next)
        bytes += sizeof *c + c->size;
    return bytes;
}

struct ma_arena_mark ma_arena_mark(const struct ma_arena *a)
{
    return (struct ma_arena_mark){.chunk = a->chunks,
        .hook = a->hooks,
        .chunk_used = a->chunks != NULL ? a->chunks->used : 0,
        .used_bytes = a->used_bytes};
}

void ma_arena_rollback(struct ma_arena *a, const struct ma_arena_mark *m)
{
    run_hooks(a, m->hook);
    while (a->chunks != NULL && a->chunks != m->chunk) {
        struct ma_arena_chunk *c = a->chunks;
        if (c->next == NULL && m->chunk == NULL) { /* keep the first chunk: it is needed again */
            c->used = 0;
            break;
        }
        a->chunks = c->next;
        free(c);
    }
    if (a->chunks != NULL && a->chunks == m->chunk)
        a->chunks->used = m->chunk_used;
    a->used_bytes = m->used_bytes;
}

static void *full(struct ma_arena *a)
{
    if (a->on_full != NULL)
        longjmp(*a->on_full, 1);
    return NULL;
}

static void *take(struct ma_arena *a, size_t size, size_t align)
{
    struct ma_arena_chunk *c = a->chunks;
    size_t at = c != NULL ? (c->used + align - 1) / align * align : 0;
    if (size > a->cap_bytes || a->used_bytes > a->cap_bytes - size)
        return full(a);
    if (c == NULL || at > c->size || size > c->size - at) {
        size_t room = size > a->chunk_bytes ? size : a->chunk_bytes;
        c = malloc(sizeof *c + room);
        if (c == NULL)
            return full(a);
        c->size = room;
        c->used = 0;
        c->next = a->chunks;
        a->chunks = c;
        at = 0;
    }
    a->used_bytes += at + size - c->used; /* with what alignment takes */
    c->used = at + size;
    return c->bytes + at;
}

void *ma_arena_alloc(struct ma_arena *a, size_t size)
{
    void *p = take(a, size > 0 ? size : 1, MA_ALIGN);
    return p != NULL ? memset(p, 0, size) : NULL;
}

void *ma_arena_bytes(struct ma_arena *a, size_t size)
{
    return take(a, size > 0 ? size : 1, 1);
}

char *ma_arena_copy(struct ma_arena *a, const void *bytes, size_t size)
{
    char *p = size < SIZE_MAX ? ma_arena_bytes(a, size + 1) : full(a);
    if (p == NULL)
        return NULL;
    if (size > 0)
        memcpy(p, bytes, size);
    p[size] = '\0';
    return p;
}

char *ma_arena_strdup(struct ma_arena *a, const char *text)
{
    return ma_arena_copy(a, text, strlen(text));
}

char *ma_arena_vprintf(struct ma_arena *a, const char *fmt, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int n = ma_format(small, sizeof small, fmt, args);
    char *p = NULL;
    if (n >= 0 && (size_t)n < sizeof small) {
        p = ma_arena_copy(a, small, (size_t)n);
    } else if (n >= 0) {
        p = ma_arena_bytes(a, (size_t)n + 1);
        if (p != NULL)
            ma_format(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return n < 0 ? ma_arena_copy(a, "", 0) : p;
}

char *ma_arena_printf(struct ma_arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *p = ma_arena_vprintf(a, fmt, args);
    va_end(args);
    return p;
}

void ma_arena_defer(struct ma_arena *a, void (*release)(void *), void *object)
{
    jmp_buf *way_out = a->on_full;
    a->on_full = NULL;
    struct ma_arena_hook *h = ma_arena_alloc(a, sizeof *h);
    a->on_full = way_out;
    if (h == NULL) { /* no room to remember it: release it now rather than leak it */
        release(object);
        full(a);
        return;
    }
    *h = (struct ma_arena_hook){a->hooks, release, object};
    a->hooks = h;
}

void *ma_arena_grow(struct ma_arena *a, void *array, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return array;
    size_t more = *room > 0 ? *room * 2 : 4;
    void *p = ma_arena_alloc(a, more * item_bytes);
    if (p != NULL && count > 0)
        memcpy(p, array, count * item_bytes);
    if (p != NULL)
        *room = more;
    return p;
}
