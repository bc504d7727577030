/* SPDX-License-Identifier: MIT */
/* The only file that calls libspf2. Nothing here may take memory of the run: running out of it
   leaves by longjmp(), past the library's own. */
#include "spf_opinion.h"

#include "seen.h"

#include <netinet/in.h>
#include <spf2/spf.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_SPF 99 /* withdrawn by RFC 7208 3.1: never asked for, never there */

struct asker { /* what the look-up hook knows */
    const struct ma_run *run;
    unsigned lookups;
    bool lost; /* something was not seen, failed, or is kept from the library */
};

/* ---- the look-up hook: answers from the run's observations ----------------------------------- */

/* Names that the library made of hostile macros may hold anything. */
static bool is_plain(const char *name)
{
    size_t size = 0;
    for (; name[size] != '\0'; size++)
        if (name[size] <= ' ' || name[size] > '~' || name[size] == '\\' || name[size] == '"')
            return false;
    return size > 0 && size < NS_MAXDNAME;
}

static const struct ma_answer *seen(const struct asker *asker, const char *name, unsigned type)
{
    if (asker->lookups > SPF_OPINION_LOOKUPS_MAX || !is_plain(name))
        return NULL;
    const struct ma_answer *answer = ma_dns_seen(asker->run, (enum ma_rrtype)type, name);
    if (answer == NULL || answer->status == MA_PENDING || answer->status == MA_FAILED)
        return NULL;
    return answer;
}

static bool put_text(SPF_dns_rr_t *out, const char *text, size_t size)
{
    int i = out->num_rr;
    if (SPF_dns_rr_buf_realloc(out, i, size + 1) != SPF_E_SUCCESS)
        return false;
    memcpy(out->rr[i]->txt, text, size);
    out->rr[i]->txt[size] = '\0';
    return true;
}

static bool put_address(SPF_dns_rr_t *out, const struct ma_rr *rr)
{
    int i = out->num_rr;
    if (SPF_dns_rr_buf_realloc(out, i, sizeof *out->rr[i]) != SPF_E_SUCCESS)
        return false;
    if (rr->address.family == 4)
        memcpy(&out->rr[i]->a, rr->address.bytes, sizeof out->rr[i]->a);
    else
        memcpy(&out->rr[i]->aaaa, rr->address.bytes, sizeof out->rr[i]->aaaa);
    return true;
}

/* False: it must not see the record, or there is no memory for it. */
static bool put_rr(SPF_dns_rr_t *out, const struct ma_rr *rr)
{
    switch (rr->type) {
    case MA_A:
    case MA_AAAA:
        return put_address(out, rr);
    case MA_MX:
        return put_text(out, rr->mx.exchange, strlen(rr->mx.exchange));
    case MA_PTR:
        return put_text(out, rr->name, strlen(rr->name));
    case MA_TXT:
        return rr->txt.size <= SPF_OPINION_RECORD_BYTES_MAX &&
               put_text(out, rr->txt.bytes, rr->txt.size);
    default:
        return false;
    }
}

static bool is_other_text(const struct ma_rr *rr)
{
    return rr->type == MA_TXT && !ma_spf_record_is(rr->txt.bytes, rr->txt.size);
}

static SPF_dns_rr_t *look_up(SPF_dns_server_t *dns, const char *domain, ns_type type, int cache)
{
    struct asker *asker = dns->hook;
    (void)cache;
    if (type == TYPE_SPF)
        return SPF_dns_rr_new_init(dns, domain, type, 0, NO_DATA);
    asker->lookups++;
    const struct ma_answer *answer = seen(asker, domain, (unsigned)type);
    int status = answer == NULL                  ? TRY_AGAIN
                 : answer->status == MA_NXDOMAIN ? HOST_NOT_FOUND
                 : answer->status == MA_NODATA   ? NO_DATA
                                                 : NETDB_SUCCESS;
    asker->lost |= answer == NULL;
    SPF_dns_rr_t *out = SPF_dns_rr_new_init(dns, domain, type, 0, status);
    if (out == NULL || status != NETDB_SUCCESS)
        return out;
    for (size_t i = 0; i < answer->rr_count; i++) {
        if (is_other_text(&answer->rrs[i]))
            continue;
        if (put_rr(out, &answer->rrs[i]))
            out->num_rr++;
        else
            asker->lost = true;
    }
    if (out->num_rr == 0)
        out->herrno = NO_DATA;
    return out;
}

/* Texts of exp= never reach the library: it aborts on one of 215 bytes (CVE-2023-42118). */
static SPF_errcode_t no_explanation(
    SPF_server_t *server, const char *domain, char **buf, size_t *buf_size)
{
    (void)server;
    (void)domain;
    (void)buf;
    (void)buf_size;
    return SPF_E_NOT_CONFIG;
}

/* ---- one question ---------------------------------------------------------------------------- */

static enum ma_spf_result result_of(SPF_result_t result)
{
    switch (result) {
    case SPF_RESULT_NEUTRAL:
        return MA_SPF_NEUTRAL;
    case SPF_RESULT_PASS:
        return MA_SPF_PASS;
    case SPF_RESULT_FAIL:
        return MA_SPF_FAIL;
    case SPF_RESULT_SOFTFAIL:
        return MA_SPF_SOFTFAIL;
    case SPF_RESULT_NONE:
        return MA_SPF_NONE;
    case SPF_RESULT_TEMPERROR:
        return MA_SPF_TEMPERROR;
    case SPF_RESULT_INVALID: /* it gave up on a record that it could not compile */
    case SPF_RESULT_PERMERROR:
        break;
    }
    return MA_SPF_PERMERROR;
}

static void set_client(SPF_request_t *request, const struct ma_address *client)
{
    struct in_addr four;
    struct in6_addr six;
    if (client->family == 4) {
        memcpy(&four, client->bytes, sizeof four);
        SPF_request_set_ipv4(request, four);
    } else {
        memcpy(&six, client->bytes, sizeof six);
        SPF_request_set_ipv6(request, six);
    }
}

bool spf_opinion_is_loopback(const struct ma_address *client)
{
    static const uint8_t six[16] = {[15] = 1};
    if (client->family == 4)
        return client->bytes[0] == 127;
    return memcmp(client->bytes, six, sizeof six) == 0;
}

/* Without both names the library calls abort(). */
static bool may_ask(const struct ma_spf_values *values)
{
    size_t sender = strlen(values->sender), helo = strlen(values->helo);
    return sender > 0 && sender <= SPF_OPINION_NAME_BYTES_MAX && helo > 0 &&
           helo <= SPF_OPINION_NAME_BYTES_MAX && is_plain(values->sender) && is_plain(values->helo);
}

static enum ma_spf_result query(SPF_server_t *server, const struct ma_spf_values *values)
{
    SPF_request_t *request = SPF_request_new(server);
    SPF_response_t *response = NULL;
    enum ma_spf_result result = MA_SPF_TEMPERROR;
    if (request == NULL)
        return result;
    set_client(request, &values->client);
    if (SPF_request_set_helo_dom(request, values->helo) == SPF_E_SUCCESS &&
        SPF_request_set_env_from(request, values->sender) == SPF_E_SUCCESS) {
        SPF_request_query_mailfrom(request, &response);
        if (response != NULL)
            result = result_of(SPF_response_result(response));
    }
    if (response != NULL)
        SPF_response_free(response);
    SPF_request_free(request);
    return result;
}

/* Its messages would go to standard error. */
static SPF_server_t *open_server(SPF_dns_server_t *dns)
{
    SPF_warning_handler = NULL;
    SPF_info_handler = NULL;
    SPF_debug_handler = NULL;
    SPF_server_t *server = SPF_server_new_dns(dns, 0);
    if (server != NULL)
        SPF_server_set_rec_dom(server, "unknown"); /* else it asks the system for our name */
    return server;
}

struct spf_opinion spf_opinion_of(const struct ma_run *run, const struct ma_spf_values *values)
{
    struct spf_opinion opinion = {.comparable = true, .result = MA_SPF_PASS};
    struct asker asker = {.run = run};
    SPF_dns_server_t dns = {
        .lookup = look_up, .get_exp = no_explanation, .name = "observations", .hook = &asker};
    if (spf_opinion_is_loopback(&values->client))
        return opinion;
    SPF_server_t *server = may_ask(values) ? open_server(&dns) : NULL;
    if (server != NULL) {
        opinion.result = query(server, values);
        SPF_server_free(server);
    }
    opinion.comparable = server != NULL && !asker.lost;
    return opinion;
}

/* ---- what it keeps of a record --------------------------------------------------------------- */

int spf_opinion_kept(const struct ma_spf_record *record)
{
    struct asker asker = {.lookups = SPF_OPINION_LOOKUPS_MAX + 1}; /* compiling asks nothing */
    SPF_dns_server_t dns = {
        .lookup = look_up, .get_exp = no_explanation, .name = "observations", .hook = &asker};
    if (record->size > SPF_OPINION_RECORD_BYTES_MAX)
        return -1;
    SPF_server_t *server = open_server(&dns);
    SPF_request_t *request = server != NULL ? SPF_request_new(server) : NULL;
    SPF_response_t *response = request != NULL ? SPF_response_new(request) : NULL;
    SPF_record_t *compiled = NULL;
    int kept = -1;
    if (response != NULL &&
        SPF_record_compile(server, response, &compiled, record->text) == SPF_E_SUCCESS &&
        compiled != NULL)
        kept = compiled->num_mech;
    if (compiled != NULL)
        SPF_record_free(compiled);
    if (response != NULL)
        SPF_response_free(response);
    if (request != NULL)
        SPF_request_free(request);
    if (server != NULL)
        SPF_server_free(server);
    return kept;
}
