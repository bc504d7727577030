/* SPDX-License-Identifier: MIT */
/* offline.c - the last source under --offline: nothing is asked. */
#include "sources.h"

static bool ask(void *state, struct ma_store *store, struct ma_entry *entry)
{
    (void)state;
    ma_store_fail(store, entry, MA_FAIL_OFFLINE, NULL);
    return true;
}

void ma_offline_open(struct ma_source *source)
{
    *source = (struct ma_source){.name = "offline", .ask = ask};
}
