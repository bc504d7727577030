/* SPDX-License-Identifier: MIT */
/* A recording: dns.txt, and answers from it for each line's first word. The same bytes are read as
   audit.txt, too. */
#include "fuzz.h"

#include "observe/sources.h"
#include "recorder.h"

static const uint16_t types[] = {MA_A, MA_TXT, MA_MX, MA_PTR, MA_SOA};

static void ask_lines(struct ma_store *store, char *text)
{
    for (char *p = text; *p != '\0';) {
        size_t size = strcspn(p, "\n"), word = strcspn(p, " \t\n");
        char *end = p + size + (p[size] != '\0');
        p[word] = '\0';
        fuzz_ask(store, p, types, sizeof types / sizeof *types);
        p = end;
    }
}

static void read_audit(void)
{
    static struct ma_options options;
    memset(&options, 0, sizeof options);
    options.spec.now_secs = -1;
    ma_arena_init(&options.arena, 4096, 1024 * 1024);
    ma_recorded_options(&options, fuzz_folder(), true, fuzz_errors());
    ma_options_clear(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ma_source source;
    fuzz_put("dns.txt", "mailaudit-observations 1\n", data, size);
    fuzz_put("audit.txt", "mailaudit-audit 1\n", data, size);
    read_audit();
    if (!ma_replay_open(&source, fuzz_folder(), fuzz_errors()))
        return 0;
    struct ma_store *store = ma_store_new(&source, 1, 0);
    char *text = fuzz_text(data, size);
    HOLDS(store != NULL);
    ask_lines(store, text);
    ma_store_free(store);
    free(text);
    return 0;
}
