/* SPDX-License-Identifier: MIT */
/* unit_arena.h - memory of one test. For the one .c file that is the test. */
#ifndef UNIT_ARENA_H
#define UNIT_ARENA_H

#include "unit.h"

#include "arena.h"

static struct ma_arena arena;

static int set_up(void **state)
{
    (void)state;
    ma_arena_init(&arena, 4096, UNIT_ARENA_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ma_arena_clear(&arena);
    return 0;
}

#endif
