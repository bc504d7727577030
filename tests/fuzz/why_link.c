/* SPDX-License-Identifier: MIT */
/* What is pasted behind `mailaudit why`: what is taken out of it is what it should be. */
#include "fuzz.h"

#include "why/question.h"

static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static void look(const struct ma_why_question *q)
{
    struct ma_address address;
    HOLDS(q->address == NULL || ma_address_parse(&address, q->address));
    HOLDS(q->receiver == NULL || ma_is_hostname(q->receiver));
    HOLDS(q->sender == NULL || *q->sender == '\0' || strchr(q->sender, '@') != NULL);
    HOLDS(!q->of_helo || (q->sender != NULL && *q->sender == '\0'));
    if (!q->from_link)
        return;
    HOLDS(q->helo == NULL || ma_is_hostname(q->helo));
    HOLDS(q->sender == NULL || is_clean(q->sender));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text;
    char *words[4];
    size_t count = 0;
    struct ma_arena arena;
    struct ma_why_question q;
    ma_arena_init(&arena, 4096, 1024 * 1024);
    if (ma_why_question_read(&q, &arena, &text, 1, false, fuzz_errors()))
        look(&q);
    while (count < 4 && rest != NULL) /* as several words */
        words[count++] = strsep(&rest, "|");
    if (ma_why_question_read(&q, &arena, words, count, true, fuzz_errors()))
        look(&q);
    ma_arena_clear(&arena);
    free(text);
    return 0;
}
