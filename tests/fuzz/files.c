/* SPDX-License-Identifier: MIT */
/* The small files of a user: policy, block lists, list keys, and the state of --changed. Each
   reader gets the same bytes; most inputs are the file of one. */
#include "fuzz.h"

#include "changed/state.h"
#include "dnsbl_lists.h"
#include "observe/keys.h"
#include "policy.h"

#define STATE_BYTES_MAX (1024 * 1024)

static const struct ma_registry *registry(void)
{
    static struct ma_registry r;
    if (r.count == 0)
        HOLDS(ma_registry_init(&r, stderr));
    return &r;
}

static void read_policy(const char *path)
{
    struct ma_policy *p = ma_policy_new();
    HOLDS(p != NULL);
    ma_policy_read(p, registry(), path, fuzz_errors());
    ma_policy_free(p);
}

static void read_lists(const uint8_t *data, size_t size)
{
    char error[DNSBL_ERROR_BYTES_MAX] = "";
    char *text = fuzz_text(data, size);
    struct dnsbl_lists *lists = dnsbl_lists_parse(text, size, "file", error);
    HOLDS(lists != NULL || *error != '\0');
    dnsbl_lists_free(lists);
    free(text);
}

static void read_keys(const char *path)
{
    static struct ma_keys keys;
    char zones[MA_KEYS_ZONES_MAX];
    keys.count = 0;
    if (ma_keys_load(&keys, path, fuzz_errors()))
        ma_keys_zones(zones, &keys);
}

/* What was read is written as what is read again. */
static void read_state(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct ma_arena arena;
    struct ma_state state = {.arena = &arena}, again = {.arena = &arena};
    ma_arena_init(&arena, 4096, STATE_BYTES_MAX);
    if (ma_state_read(&state, "file", text, fuzz_errors())) {
        char *first = ma_state_text(&state);
        HOLDS(first != NULL && ma_state_read(&again, "file", first, fuzz_errors()));
        char *second = ma_state_text(&again);
        HOLDS(second != NULL && strcmp(first, second) == 0);
        free(first);
        free(second);
    }
    ma_arena_clear(&arena);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    read_policy(path);
    read_keys(path);
    read_lists(data, size);
    read_state(data, size);
    return 0;
}
