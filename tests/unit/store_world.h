/* SPDX-License-Identifier: MIT */
/*
 * store_world.h - a store over two sources that say what the test wants, and its clock. For the one
 * .c file that is the test.
 */
#ifndef MA_STORE_WORLD_H
#define MA_STORE_WORLD_H

#include "unit.h"

#include "fake.h"

#include <time.h>

#define CACHE_BYTES (1024 * 1024)

static int64_t now_secs; /* the store's clock */

/* Stands before the C library's. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    *t = (struct timespec){.tv_sec = now_secs};
    return 0;
}

static struct fake fake, second;
static struct ma_store *store;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&second, 0, sizeof second);
    now_secs = 1000;
    struct ma_source sources[] = {fake_source(&fake), fake_source(&second)};
    store = ma_store_new(sources, 2, CACHE_BYTES);
    return store == NULL;
}

static int teardown(void **state)
{
    (void)state;
    ma_store_free(store);
    return !fake.closed || !second.closed;
}

/* The answer of a source that answers at once; it stays in the store for a while. */
static const struct ma_answer *answer(const char *name, enum ma_rrtype type)
{
    struct ma_entry *e = fake_ask(store, name, type);
    const struct ma_answer *a = ma_entry_answer(e);
    assert_int_not_equal(a->status, MA_PENDING);
    ma_store_release(store, e);
    return a;
}

static void failed(const char *name, enum ma_rrtype type, enum ma_failure failure)
{
    const struct ma_answer *a = answer(name, type);
    assert_int_equal(a->status, MA_FAILED);
    assert_int_equal(a->failure, failure);
    assert_int_equal(a->rr_count, 0);
    assert_int_equal(a->chain_count, 0);
    assert_non_null(a->detail);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
