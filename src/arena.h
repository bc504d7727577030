/* SPDX-License-Identifier: MIT */
/*
 * arena.h - memory with the life of an audit or of an answer.
 *
 * Everything allocated from an arena goes at once, in ma_arena_clear() or back to a mark in
 * ma_arena_rollback(). Objects of foreign libraries are released through ma_arena_defer(), newest
 * first. An arena has a cap: what would exceed it, or finds no memory, takes the on_full way out
 * (a longjmp to the runner); without one it returns NULL.
 */
#ifndef MA_ARENA_H
#define MA_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct ma_arena_chunk;
struct ma_arena_hook;

struct ma_arena {
    struct ma_arena_chunk *chunks; /* newest first */
    struct ma_arena_hook *hooks;   /* newest first; live in the chunks */
    size_t chunk_bytes;            /* size of a usual chunk */
    size_t used_bytes, cap_bytes;
    jmp_buf *on_full; /* borrowed; NULL: allocation returns NULL */
};

struct ma_arena_mark {
    struct ma_arena_chunk *chunk;
    struct ma_arena_hook *hook;
    size_t chunk_used, used_bytes;
};

/* Allocates nothing yet. */
void ma_arena_init(struct ma_arena *, size_t chunk_bytes, size_t cap_bytes);
void ma_arena_clear(struct ma_arena *);             /* usable again afterwards */
size_t ma_arena_footprint(const struct ma_arena *); /* bytes taken from malloc */
struct ma_arena_mark ma_arena_mark(const struct ma_arena *);
void ma_arena_rollback(struct ma_arena *, const struct ma_arena_mark *);

void *ma_arena_alloc(struct ma_arena *, size_t size_bytes); /* zeroed, aligned for any object */
void *ma_arena_bytes(struct ma_arena *, size_t size_bytes); /* neither zeroed nor aligned */
char *ma_arena_copy(struct ma_arena *, const void *bytes, size_t size); /* NUL is added */
char *ma_arena_strdup(struct ma_arena *, const char *text);
char *ma_arena_vprintf(struct ma_arena *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));
char *ma_arena_printf(struct ma_arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void ma_arena_defer(struct ma_arena *, void (*release)(void *), void *object);

/* An array in an arena that doubles: returns the (possibly moved) array with room for count + 1. */
void *ma_arena_grow(struct ma_arena *, void *array, size_t count, size_t *room, size_t item_bytes);

#endif
