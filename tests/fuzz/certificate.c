/* SPDX-License-Identifier: MIT */
/* A server's chain of certificates, one DER after the other, the last of several trusted: whatever
   is in them, what is said of it is short and printable. */
#include "observe/certificate.h"

#include "fuzz.h"

#define CHAIN_MAX 4
#define NOW_SECS  1798736000

struct chain {
    X509 *list[CHAIN_MAX];
    size_t count;
};

static void read_chain(struct chain *c, const uint8_t *data, size_t size)
{
    const unsigned char *at = data;
    c->count = 0;
    while (c->count < CHAIN_MAX && size > 0) {
        X509 *next = d2i_X509(NULL, &at, (long)(size - (size_t)(at - data)));
        if (next == NULL)
            return;
        c->list[c->count++] = next;
    }
}

static void words_are_good(const char *text)
{
    const char *end = memchr(text, '\0', MA_CERTIFICATE_TEXT_MAX);
    HOLDS(end != NULL);
    for (const char *c = text; c < end; c++)
        HOLDS(*c >= 0x20 && *c < 0x7f);
}

/* As a session of the context does it. */
static int verify(SSL_CTX *context, const struct chain *c)
{
    SSL *ssl = SSL_new(context);
    X509_STORE *trusted = X509_STORE_new();
    X509_STORE_CTX *run = X509_STORE_CTX_new();
    STACK_OF(X509) *sent = sk_X509_new_null();
    HOLDS(ssl != NULL && trusted != NULL && run != NULL && sent != NULL);
    for (size_t i = 1; i < c->count; i++)
        HOLDS(i + 1 < c->count ? sk_X509_push(sent, c->list[i]) > 0
                               : X509_STORE_add_cert(trusted, c->list[i]) == 1);
    HOLDS(X509_STORE_CTX_init(run, trusted, c->list[0], sent) == 1);
    X509_STORE_CTX_set_time(run, 0, NOW_SECS);
    X509_STORE_CTX_set_ex_data(run, SSL_get_ex_data_X509_STORE_CTX_idx(), ssl);
    X509_STORE_CTX_set_verify_cb(run, SSL_CTX_get_verify_callback(context));
    int good = X509_verify_cert(run);
    X509_STORE_CTX_free(run);
    sk_X509_free(sent);
    X509_STORE_free(trusted);
    SSL_free(ssl);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chain chain;
    struct ma_certificate note;
    read_chain(&chain, data, size);
    SSL_CTX *context = chain.count > 0 ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (context != NULL) {
        HOLDS(ma_certificate_watch(context, &note));
        /* negative: one so malformed that its names were not looked for, or not in the end */
        HOLDS(verify(context, &chain) != 0 || note.wrong[0] != '\0');
        words_are_good(note.wrong);
        words_are_good(note.names);
    }
    SSL_CTX_free(context);
    for (size_t i = 0; i < chain.count; i++)
        X509_free(chain.list[i]);
    return 0;
}
