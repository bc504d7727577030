/* SPDX-License-Identifier: MIT */
#include "dkim_private.h"

#include "dkim_check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

/* ---- the file -------------------------------------------------------------------------------- */

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *out, int size, int writing, void *told)
{
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)told = true;
    return -1;
}

static EVP_PKEY *load_pem(const struct ma_setup *setup, const char *file)
{
    FILE *in = fopen(file, "r");
    if (in == NULL) {
        ma_setup_error(setup, "%s: %s", file, strerror(errno));
        return NULL;
    }
    bool encrypted = false;
    EVP_PKEY *key = PEM_read_PrivateKey(in, NULL, no_passphrase, &encrypted);
    if (key == NULL)
        ma_setup_error(setup, "%s: %s", file,
            encrypted ? "the private key is encrypted" : "no private key in PEM form");
    ERR_clear_error();
    fclose(in);
    return key;
}

/* The RSAPublicKey inside of what OpenSSL writes. */
static bool keep_rsa(struct ma_dkim_private *p, const EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    struct ma_public_key found = {.kind = MA_KEY_NONE};
    if (size > 0)
        ma_der_public_key(&found, der, (size_t)size);
    bool good = found.kind == MA_KEY_RSA && found.fault == MA_DER_GOOD &&
                found.key_size + MA_DER_SPKI_EXTRA <= sizeof p->bytes;
    if (good) {
        p->type = MA_DKIM_RSA;
        p->bits = found.bits;
        p->size = found.key_size;
        memcpy(p->bytes, der + found.key_at, found.key_size);
    }
    OPENSSL_free(der);
    return good;
}

bool ma_dkim_private_load(struct ma_dkim_private *p, const struct ma_setup *setup, const char *file)
{
    EVP_PKEY *key = load_pem(setup, file);
    if (key == NULL)
        return false;
    bool good = false;
    p->size = sizeof p->bytes;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        good = keep_rsa(p, key);
    else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        p->type = MA_DKIM_ED25519;
        good = EVP_PKEY_get_raw_public_key(key, p->bytes, &p->size) == 1;
    }
    EVP_PKEY_free(key); /* wipes it */
    if (!good)
        ma_setup_error(setup, "%s: neither an RSA nor an Ed25519 key that DKIM could use", file);
    return good;
}

/* ---- the comparison -------------------------------------------------------------------------- */

bool ma_dkim_private_matches(const struct ma_dkim_private *p, const struct ma_dkim_key *key)
{
    if (p->type != key->type)
        return false;
    bool bare = key->type == MA_DKIM_ED25519 && key->data_size == p->size;
    const uint8_t *bytes = key->data + (bare ? 0 : key->key.key_at);
    size_t size = bare ? key->data_size : key->key.key_size;
    return size == p->size && memcmp(bytes, p->bytes, size) == 0;
}

size_t ma_dkim_private_record(const struct ma_dkim_private *p, char out[static MA_DKIM_RECORD_MAX])
{
    uint8_t spki[MA_DKIM_DATA_MAX + MA_DER_SPKI_EXTRA];
    const char *head = p->type == MA_DKIM_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=";
    size_t size = strlen(head);
    memcpy(out, head, size);
    if (p->type == MA_DKIM_ED25519)
        return size + ma_base64_encode(out + size, p->bytes, p->size);
    size_t wrapped = ma_der_wrap_rsa(spki, sizeof spki, p->bytes, p->size);
    return size + ma_base64_encode(out + size, spki, wrapped);
}

/* ---- findings -------------------------------------------------------------------------------- */

static const char *kind(struct dkim *d, enum ma_dkim_type type, unsigned bits)
{
    return type == MA_DKIM_RSA ? ma_text(d->run, "RSA, %u bits", bits) : "Ed25519";
}

void dkim_private_compare(struct dkim *d, struct dkim_probe *probe, const struct ma_dkim_key *key)
{
    if (!d->setup->has_private)
        return;
    probe->compared = true;
    probe->matches = ma_dkim_private_matches(&d->setup->private_key, key);
    if (probe->row != NULL)
        ma_put_bool(probe->row, "private_key_matches", probe->matches);
    if (probe->matches)
        dkim_report(d, DKIM_PRIVATE_MATCHES, probe, kind(d, key->type, key->bits));
}

void dkim_private_publish(struct dkim *d, const struct dkim_probe *probe, struct ma_finding *f)
{
    if (!d->setup->has_private)
        return;
    char *record = ma_alloc(d->run, MA_DKIM_RECORD_MAX);
    size_t size = ma_dkim_private_record(&d->setup->private_key, record);
    ma_publish(f, probe->answer->name, MA_TXT, ma_txt_rdata(d->run, record, size));
}

/* The selectors of which no one fits; the given ones only, if there are any. */
static void report_other_keys(struct dkim *d, bool given)
{
    const struct ma_dkim_private *p = &d->setup->private_key;
    for (size_t i = 0; i < d->probe_count; i++) {
        const struct dkim_probe *probe = &d->probes[i];
        if (!probe->compared || probe->given != given)
            continue;
        struct ma_finding *f =
            dkim_report(d, given ? DKIM_PRIVATE_DIFFERS : DKIM_PRIVATE_NOT_FOUND, probe,
                ma_text(d->run, "the private key is another one (%s)", kind(d, p->type, p->bits)));
        if (given)
            dkim_private_publish(d, probe, f);
    }
}

void dkim_private_report(struct dkim *d)
{
    if (!d->setup->has_private)
        return;
    bool given = false;
    for (size_t i = 0; i < d->probe_count; i++) {
        const struct dkim_probe *probe = &d->probes[i];
        given |= probe->given;
        /* it may be the key of a selector whose answer is missing */
        if (probe->matches || probe->answer->status == MA_FAILED)
            return;
    }
    report_other_keys(d, given);
}
