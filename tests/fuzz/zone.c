/* SPDX-License-Identifier: MIT */
/* A zone file, and answers from it: for each word of the file that may be a name, many types. */
#include "fuzz.h"

#include "observe/sources.h"

#define QUESTIONS_MAX 200

static bool refuse(void *state, struct ma_store *store, struct ma_entry *entry)
{
    (void)state;
    ma_store_fail(store, entry, MA_FAIL_OFFLINE, NULL);
    return true;
}

static const uint16_t types[] = {MA_A, MA_TXT, MA_CNAME, MA_MX, MA_DS, MA_NS, MA_SOA, 255};

static void ask_words(struct ma_store *store, char *text)
{
    static const char blanks[] = " \t\r\n;()\"";
    char name[MA_NAME_TEXT_MAX];
    unsigned count = 0;
    for (char *p = text + strspn(text, blanks); *p != '\0' && count < QUESTIONS_MAX; count++) {
        size_t size = strcspn(p, blanks);
        int n = snprintf(name, sizeof name, "%.*s.test", (int)size, p);
        if (n > 0 && (size_t)n < sizeof name) {
            fuzz_ask(store, name, types, sizeof types / sizeof *types);
            name[size] = '\0';
            fuzz_ask(store, name, types, sizeof types / sizeof *types);
        }
        p += size;
        p += strspn(p, blanks);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char spec[64];
    struct ma_source sources[2] = {{0}, {.name = "none", .ask = refuse}};
    struct ma_zones *zones = ma_zones_new();
    HOLDS(zones != NULL);
    snprintf(spec, sizeof spec, "test=%s", fuzz_file(data, size));
    if (!ma_zones_add(zones, spec, fuzz_errors())) {
        ma_zones_free(zones);
        return 0;
    }
    char *text = fuzz_text(data, size);
    ma_zones_open(&sources[0], zones);
    struct ma_store *store = ma_store_new(sources, 2, 0);
    HOLDS(store != NULL);
    fuzz_ask(store, "test", types, sizeof types / sizeof *types);
    ask_words(store, text);
    ma_store_free(store);
    free(text);
    return 0;
}
