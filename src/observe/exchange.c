/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include "../address.h"
#include "config.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BODY_FIRST_BYTES 4096u

const char *ma_exchange_refusal(const struct ma_address *a)
{
    static const struct ma_address nat64 = {6, {0x00, 0x64, 0xff, 0x9b}}; /* RFC 6052 2.1 */
    struct ma_address inner = {.family = 4};
    if (!ma_address_in(a, &nat64, 96))
        return ma_address_special(a);
    memcpy(inner.bytes, a->bytes + 12, 4);
    return ma_address_special(&inner);
}

/* ---- what libcurl calls ---------------------------------------------------------------------- */

/* The address that is in fact connected to: the last word on it. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *s)
{
    struct ma_exchange *x = context;
    struct ma_address a = {0};
    const struct sockaddr *to = &s->addr;
    if (purpose != CURLSOCKTYPE_IPCXN || (to->sa_family != AF_INET && to->sa_family != AF_INET6))
        return CURL_SOCKET_BAD;
    a.family = to->sa_family == AF_INET6 ? 6 : 4;
    if (a.family == 6)
        memcpy(a.bytes, &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr, 16);
    else
        memcpy(a.bytes, &((const struct sockaddr_in *)(const void *)to)->sin_addr, 4);
    x->refused = x->allow_private ? NULL : ma_exchange_refusal(&a);
    if (x->refused != NULL || !ma_address_equal(&a, &x->address))
        return CURL_SOCKET_BAD;
    return socket(s->family, s->socktype | SOCK_CLOEXEC, s->protocol);
}

static CURLcode on_tls(CURL *easy, void *context, void *parameter)
{
    struct ma_exchange *x = parameter;
    (void)easy;
    SSL_CTX_set1_cert_store(context, x->trusted);
    return ma_certificate_watch(context, &x->certificate) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static unsigned code_of(CURL *easy)
{
    long code = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    return (unsigned)code;
}

static bool is_success(unsigned code)
{
    return code >= 200 && code <= 299;
}

static size_t on_header(char *bytes, size_t one, size_t size, void *context)
{
    struct ma_exchange *x = context;
    (void)bytes;
    (void)one;
    x->header_bytes += size;
    x->header_too_large = x->header_bytes > MA_HTTPS_HEADER_BYTES_MAX;
    return x->header_too_large ? 0 : size;
}

static bool make_room(struct ma_exchange *x, size_t size)
{
    if (size <= x->room - x->size)
        return true;
    size_t room = (x->size + size) * 2;
    if (room < BODY_FIRST_BYTES)
        room = BODY_FIRST_BYTES;
    char *more = realloc(x->bytes, room);
    if (more == NULL)
        return false;
    x->bytes = more;
    x->room = room;
    return true;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *context)
{
    struct ma_exchange *x = context;
    (void)one;
    if (!is_success(code_of(x->easy)))
        return 0; /* nobody wants it: end here */
    x->too_large = size > x->cap_bytes - x->size;
    if (x->too_large || !make_room(x, size))
        return 0;
    memcpy(x->bytes + x->size, bytes, size);
    x->size += size;
    return size;
}

/* ---- the request ----------------------------------------------------------------------------- */

/* "::ADDRESS:PORT": whatever the URL says, that is connected to. */
static bool pin(struct ma_exchange *x)
{
    char address[MA_ADDRESS_TEXT_MAX], text[MA_ADDRESS_TEXT_MAX + 16];
    ma_address_print(address, &x->address);
    snprintf(
        text, sizeof text, x->address.family == 6 ? "::[%s]:%u" : "::%s:%u", address, x->url->port);
    x->connect_to = curl_slist_append(NULL, text);
    return x->connect_to != NULL;
}

static bool add_accept(struct ma_exchange *x)
{
    char header[256];
    snprintf(header, sizeof header, "Accept: %s", x->accept != NULL ? x->accept : "*/*");
    x->headers = curl_slist_append(NULL, header);
    return x->headers != NULL;
}

/* Only https, only to the pinned address, nothing from the user's environment or files. */
static bool set_reach(struct ma_exchange *x)
{
    CURL *e = x->easy;
    return curl_easy_setopt(e, CURLOPT_URL, x->url->text) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECT_TO, x->connect_to) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x) == CURLE_OK;
}

/* Our certificates, not those that libcurl would read for each handle. */
static bool set_tls(struct ma_exchange *x)
{
    CURL *e = x->easy;
    return curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CAINFO, (char *)NULL) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CAPATH, (char *)NULL) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, x) == CURLE_OK;
}

static bool set_bounds(struct ma_exchange *x)
{
    CURL *e = x->easy;
    return curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)MA_HTTPS_CONNECT_MSECS) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)MA_HTTPS_SLOW_BYTES_SECS) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)MA_HTTPS_SLOW_SECS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->cap_bytes) == CURLE_OK;
}

/* No ACCEPT_ENCODING: a compressed body is left as it is, and cannot grow. */
static bool set_exchange(struct ma_exchange *x)
{
    CURL *e = x->easy;
    return curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PRIVATE, x->owner) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USERAGENT, "mailaudit/" MA_VERSION) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, x) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK;
}

bool ma_exchange_open(struct ma_exchange *x, enum ma_failure *failure_r)
{
    ma_exchange_close(x);
    x->error[0] = x->type[0] = x->location[0] = x->detail[0] = '\0';
    x->size = x->header_bytes = 0;
    x->too_large = x->header_too_large = false;
    x->refused = NULL;
    x->certificate = (struct ma_certificate){.wrong = ""};
    x->easy = curl_easy_init();
    *failure_r = MA_FAIL_BUDGET;
    bool ok = x->easy != NULL && pin(x) && add_accept(x) && set_exchange(x) && set_bounds(x);
    if (ok && (!set_reach(x) || !set_tls(x))) {
        *failure_r = MA_FAIL_TLS; /* a libcurl without OpenSSL, or without https */
        ok = false;
    }
    if (!ok)
        ma_exchange_close(x);
    return ok;
}

void ma_exchange_close(struct ma_exchange *x)
{
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->connect_to);
    curl_slist_free_all(x->headers);
    free(x->bytes);
    x->easy = NULL;
    x->connect_to = x->headers = NULL;
    x->bytes = NULL;
    x->room = x->size = 0;
}

void *ma_exchange_of(CURL *easy)
{
    char *owner = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
    return owner;
}

/* ---- what came of it ------------------------------------------------------------------------- */

bool ma_exchange_has_session(const struct ma_exchange *x)
{
    curl_off_t usecs = 0;
    curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &usecs);
    return usecs > 0;
}

static bool is_redirect(unsigned code)
{
    return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

/* The Location header, which may be relative to our URL; as it is when it is no URL. libcurl's own
   CURLINFO_REDIRECT_URL is not there when the body was cut off. */
static void take_location(struct ma_exchange *x)
{
    struct curl_header *header;
    CURLU *url = curl_url();
    char *text = NULL;
    if (curl_easy_header(x->easy, "Location", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        bool ok = url != NULL && curl_url_set(url, CURLUPART_URL, x->url->text, 0) == CURLUE_OK &&
                  curl_url_set(url, CURLUPART_URL, header->value,
                      CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                  curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK;
        snprintf(x->location, sizeof x->location, "%s", ok ? text : header->value);
    }
    curl_free(text);
    curl_url_cleanup(url);
}

static void responded(struct ma_exchange *x, struct ma_response *r)
{
    char *type = NULL;
    unsigned code = code_of(x->easy);
    curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
    snprintf(x->type, sizeof x->type, "%s", type != NULL ? type : "");
    if (is_redirect(code))
        take_location(x);
    *r = (struct ma_response){.code = code,
        .type = x->type,
        .location = x->location,
        .bytes = x->bytes,
        .size = is_success(code) ? x->size : 0};
}

static MA_PRINTF(4, 5) void failed(
    struct ma_exchange *x, struct ma_response *r, enum ma_failure failure, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(x->detail, sizeof x->detail, fmt, args);
    va_end(args);
    *r = (struct ma_response){.failure = failure, .detail = x->detail};
}

static void untrusted(struct ma_exchange *x, struct ma_response *r)
{
    struct ma_certificate *c = &x->certificate;
    if (c->wrong[0] == '\0' && c->names[0] != '\0')
        snprintf(c->wrong, sizeof c->wrong, "it is not for this host, but for %.300s", c->names);
    else if (c->wrong[0] == '\0' && !c->read)
        snprintf(c->wrong, sizeof c->wrong, "it is malformed");
    else if (c->wrong[0] == '\0')
        snprintf(c->wrong, sizeof c->wrong, "it names no host (no subjectAltName)");
    *r = (struct ma_response){.failure = MA_FAIL_CERTIFICATE, .certificate = c->wrong};
}

static void unreachable(struct ma_exchange *x, CURLcode result, struct ma_response *r)
{
    char address[MA_ADDRESS_TEXT_MAX];
    ma_address_print(address, &x->address);
    if (x->refused != NULL)
        failed(x, r, MA_FAIL_FORBIDDEN, "%s: %s", address, x->refused);
    else if (result == CURLE_OPERATION_TIMEDOUT)
        failed(x, r, MA_FAIL_TIMEOUT, "no connection to %s, port %u", address, x->url->port);
    else
        failed(x, r, MA_FAIL_CONNECT, "%s, port %u", address, x->url->port);
}

/* OpenSSL says "error:0A000102:SSL routines::unsupported protocol": the end of it is for people. */
static const char *words_of(const char *error)
{
    static const char mark[] = "routines::";
    const char *words = strstr(error, mark);
    return words != NULL ? words + sizeof mark - 1 : error;
}

/* A response that the callbacks cut off: too large, not wanted, or no memory for it. */
static void cut_off(struct ma_exchange *x, CURLcode result, struct ma_response *r)
{
    unsigned code = code_of(x->easy);
    if (x->header_too_large)
        failed(x, r, MA_FAIL_TOO_LARGE, "more than %d bytes of header", MA_HTTPS_HEADER_BYTES_MAX);
    else if (code >= 200 && !is_success(code))
        responded(x, r);
    else if (x->too_large || result == CURLE_FILESIZE_EXCEEDED)
        failed(x, r, MA_FAIL_TOO_LARGE, "more than %zu bytes", x->cap_bytes);
    else
        failed(x, r, MA_FAIL_BUDGET, "out of memory");
}

/* libcurl falls back on the subject's common name, which nobody should any more (RFC 9525 2). */
static bool is_nameless(const struct ma_exchange *x)
{
    return !x->url->is_literal && x->certificate.names[0] == '\0';
}

bool ma_exchange_result(struct ma_exchange *x, CURLcode result, struct ma_response *r_r)
{
    bool session = ma_exchange_has_session(x);
    if (session && is_nameless(x)) {
        untrusted(x, r_r);
        return true;
    }
    switch (result) {
    case CURLE_OK:
        responded(x, r_r);
        break;
    case CURLE_WRITE_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
        cut_off(x, result, r_r);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
        untrusted(x, r_r);
        break;
    case CURLE_OUT_OF_MEMORY:
        failed(x, r_r, MA_FAIL_BUDGET, "out of memory");
        break;
    case CURLE_COULDNT_CONNECT:
        unreachable(x, result, r_r);
        return false;
    case CURLE_OPERATION_TIMEDOUT:
        if (session)
            failed(x, r_r, MA_FAIL_TIMEOUT, "after %zu bytes", x->size);
        else
            unreachable(x, result, r_r);
        return session;
    default: /* what came is no TLS, or no HTTP, or it broke off */
        failed(x, r_r, session ? MA_FAIL_MALFORMED : MA_FAIL_TLS, "%s",
            session || x->error[0] == '\0' ? curl_easy_strerror(result) : words_of(x->error));
    }
    return true;
}
