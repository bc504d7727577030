/* SPDX-License-Identifier: MIT */
/* RDAP answers, bootstrap files and abuse contacts: whatever the bytes, the result is whole. */
#include "rdap_bootstrap.h"
#include "rdap_parse.h"

#include "fuzz.h"

static void text_ends(const char *text, size_t room)
{
    HOLDS(memchr(text, '\0', room) != NULL);
}

static void good_mails(const struct rdap_mails *mails)
{
    HOLDS(mails->count <= RDAP_MAILS_MAX);
    for (size_t i = 0; i < mails->count; i++) {
        text_ends(mails->list[i], RDAP_MAIL_MAX);
        HOLDS(strchr(mails->list[i], '@') != NULL && strpbrk(mails->list[i], " \t\r\n<>,") == NULL);
    }
}

static void answer(const char *bytes, size_t size, const char *address)
{
    struct rdap_network n;
    struct ma_address a;

    HOLDS(ma_address_parse(&a, address));
    if (rdap_parse(&n, bytes, size, &a) != RDAP_NETWORK) {
        HOLDS(n.abuse.count == 0 && n.handle[0] == '\0' && !n.has_range);
        return;
    }
    HOLDS(!n.has_range || rdap_covers(&n, &a));
    text_ends(n.handle, RDAP_TEXT_MAX);
    text_ends(n.name, RDAP_TEXT_MAX);
    text_ends(n.holder, RDAP_TEXT_MAX);
    text_ends(n.country, RDAP_TEXT_MAX);
    good_mails(&n.abuse);
    good_mails(&n.other);
}

static void bootstrap(const char *bytes, size_t size)
{
    char error[RDAP_ERROR_BYTES_MAX];
    struct rdap_bootstrap *b = rdap_bootstrap_new();
    struct ma_address a;

    HOLDS(b != NULL && ma_address_parse(&a, "198.51.100.200"));
    size_t before = rdap_bootstrap_count(b, 6);
    if (!rdap_bootstrap_read(b, bytes, size, error)) {
        text_ends(error, sizeof error);
        HOLDS(rdap_bootstrap_count(b, 6) == before);
    }
    const char *url = rdap_bootstrap_find(b, &a);
    if (url != NULL)
        HOLDS(strncasecmp(url, "https://", 8) == 0 && url[strlen(url) - 1] == '/');
    rdap_bootstrap_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rdap_mails mails = {.count = 0};
    char *bytes = fuzz_text(data, size);

    answer(bytes, size, "198.51.100.7");
    answer(bytes, size, "2001:db8:8000::1");
    if (strstr(bytes, "services") != NULL)
        bootstrap(bytes, size);
    rdap_read_mails(&mails, bytes, size);
    good_mails(&mails);
    free(bytes);
    return 0;
}
