/* SPDX-License-Identifier: MIT */
/*
 * verifymail.c - the DKIM signatures of a message on standard input, as src/message verifies them:
 * one line each, "RESULT WHY FLAGS".
 *
 * usage: verifymail NOW KEYS < MESSAGE     KEYS: a line "SELECTOR._domainkey.DOMAIN RECORD" for
 * each TXT record
 */
#include "message/mailfile.h"
#include "message/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 16384
#define KEYS_MAX       64

static struct key {
    char *name, *record;
} keys[KEYS_MAX];
static size_t key_count;

static bool read_keys(const char *path)
{
    static char line[LINE_BYTES_MAX];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (key_count < KEYS_MAX && fgets(line, sizeof line, file) != NULL) {
        char *blank = strchr(line, ' ');
        if (blank == NULL)
            continue;
        keys[key_count++] = (struct key){.name = strndup(line, (size_t)(blank - line)),
            .record = strndup(blank + 1, strcspn(blank + 1, "\n"))};
    }
    fclose(file);
    return true;
}

static struct ma_key_record find(const struct ma_signature *s)
{
    char name[600];
    struct ma_key_record r = {.answer = MA_KEY_ANSWER_NONE};
    snprintf(name, sizeof name, "%s._domainkey.%s", s->selector, s->domain);
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        r.answer = r.answer == MA_KEY_ANSWER_NONE ? MA_KEY_ANSWER_RECORD : MA_KEY_ANSWER_SEVERAL;
        r.bytes = keys[i].record;
        r.size = strlen(keys[i].record);
    }
    return r;
}

static void print(const struct ma_verdict *v, const struct ma_signature *s)
{
    const char *why = v->why == MA_WHY_GATE ? ma_signature_fault_phrase(s->fault)
                                            : ma_signature_why_phrase(v->why);
    printf("%s%s%s%s %s\n", ma_signature_result_name(v->result), v->expired ? " expired" : "",
        v->future ? " future" : "", v->key_testing ? " testing" : "", why);
}

int main(int argc, char **argv)
{
    struct ma_mail_file mail;
    if (argc != 3 || !read_keys(argv[2]) || !ma_mail_file_read(&mail, "-", stderr))
        return 2;
    struct ma_key_record found[MA_MAIL_SIGNATURES_MAX];
    struct ma_verdict verdicts[MA_MAIL_SIGNATURES_MAX];
    for (size_t i = 0; i < mail.mail.signature_count; i++)
        found[i] = find(&mail.mail.signatures[i]);
    ma_mail_verify_apart(&mail.mail, found, strtoll(argv[1], NULL, 10), verdicts);
    for (size_t i = 0; i < mail.mail.signature_count; i++)
        print(&verdicts[i], &mail.mail.signatures[i]);
    ma_mail_file_clear(&mail);
    return EXIT_SUCCESS;
}
