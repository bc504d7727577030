/* SPDX-License-Identifier: MIT */
#include "certificate.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAMES_MAX 5 /* shown */

static int note_index(void)
{
    static int index = -1; /* of our data in an SSL_CTX: one a process */
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* Appends what is printable ASCII of it; whatever else a certificate holds is a question mark. */
static void append(char text[static MA_CERTIFICATE_TEXT_MAX], const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    size_t n = strlen(text);
    for (size_t i = 0; i < size && n + 1 < MA_CERTIFICATE_TEXT_MAX; i++)
        text[n++] = from[i] > 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    text[n] = '\0';
}

static void append_text(char text[static MA_CERTIFICATE_TEXT_MAX], const char *more)
{
    size_t n = strlen(text);
    snprintf(text + n, MA_CERTIFICATE_TEXT_MAX - n, "%s", more);
}

static void note_names(struct ma_certificate *note, X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0, shown = 0;
    note->names[0] = '\0';
    note->read = true;
    for (int i = 0; i < count; i++) {
        int kind;
        const ASN1_STRING *name = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind != GEN_DNS || shown++ >= NAMES_MAX)
            continue;
        if (shown > 1)
            append_text(note->names, ", ");
        append(note->names, ASN1_STRING_get0_data(name), (size_t)ASN1_STRING_length(name));
    }
    if (shown > NAMES_MAX)
        append_text(note->names, ", ...");
    GENERAL_NAMES_free(names);
}

static void append_date(char text[static MA_CERTIFICATE_TEXT_MAX], const ASN1_TIME *date)
{
    struct tm tm;
    char day[32] = "a day that cannot be read";
    if (ASN1_TIME_to_tm(date, &tm) == 1)
        strftime(day, sizeof day, "%Y-%m-%d", &tm);
    append_text(text, day);
}

static void append_issuer(char text[static MA_CERTIFICATE_TEXT_MAX], X509 *certificate)
{
    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    int at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
    const ASN1_STRING *name =
        at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at)) : NULL;
    if (name == NULL)
        return;
    append_text(text, ": '");
    const unsigned char *bytes = ASN1_STRING_get0_data(name);
    for (int i = 0; i < ASN1_STRING_length(name); i++) {
        if (bytes[i] == ' ')
            append_text(text, " ");
        else
            append(text, bytes + i, 1);
    }
    append_text(text, "'");
}

static void note_wrong(struct ma_certificate *note, X509 *certificate, int depth, int error)
{
    char *text = note->wrong;
    const char *whose = depth > 0 ? "the certificate of its issuer" : "it";
    append_text(text, whose);
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        append_text(text, " expired on ");
        append_date(text, X509_get0_notAfter(certificate));
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        append_text(text, " is not valid before ");
        append_date(text, X509_get0_notBefore(certificate));
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        append_text(text, " is self-signed");
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        text[0] = '\0';
        append_text(text, "it comes from an authority that is not trusted here");
        append_issuer(text, certificate);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        append_text(text, " has an issuer that is neither known here nor sent by the server");
        append_issuer(text, certificate);
        break;
    default:
        append_text(text, " does not hold: ");
        append_text(text, X509_verify_cert_error_string(error));
    }
}

static int on_verify(int ok, X509_STORE_CTX *chain)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct ma_certificate *note = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), note_index());
    X509 *certificate = X509_STORE_CTX_get_current_cert(chain);
    int depth = X509_STORE_CTX_get_error_depth(chain);
    if (note == NULL || certificate == NULL)
        return ok;
    if (depth == 0)
        note_names(note, certificate);
    if (!ok && note->wrong[0] == '\0')
        note_wrong(note, certificate, depth, X509_STORE_CTX_get_error(chain));
    return ok;
}

bool ma_certificate_watch(SSL_CTX *context, struct ma_certificate *note)
{
    note->wrong[0] = note->names[0] = '\0';
    note->read = false;
    if (note_index() < 0 || SSL_CTX_set_ex_data(context, note_index(), note) != 1)
        return false;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
    return true;
}
