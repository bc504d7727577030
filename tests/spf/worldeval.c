/* SPDX-License-Identifier: MIT */
/*
 * worldeval.c - evaluates policies in small DNS worlds read from standard input, for comparisons
 * with other implementations: one process, thousands of worlds a second.
 *
 * Lines: "world" starts a new one; "rr NAME TYPE RDATA" as in world.h; "eval ADDRESS HELO SENDER"
 * (tab-separated, "" is "-") prints "RESULT LOOKUPS VOIDS EXPLANATION"; "walk DOMAIN" prints
 * "VALID LOOKUPS VOIDS"; "flat DOMAIN" prints "STATE NETWORKS LEFTS OWNER TEXT OWNER TEXT...",
 * STATE of letters: o open, f failed, b broken, c cut, l the flat
 * record is too large or looks up too much.
 */
#include "spf/flat.h"
#include "spf/spf.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 70000

static const char *field(char **rest)
{
    const char *start = strsep(rest, "\t");
    if (start == NULL)
        return "";
    return strcmp(start, "-") == 0 ? "" : start;
}

static void evaluate(struct world *w, char *args)
{
    struct ma_spf spf;
    ma_spf_init(&spf, world_run(w));
    struct ma_spf_client client = {.receiver = "unknown", .now_secs = 1700000000};
    const char *address = field(&args);
    client.helo = field(&args);
    client.sender = field(&args);
    if (!ma_address_parse(&client.address, address)) {
        printf("bad-address %s\n", address);
        return;
    }
    const struct ma_spf_outcome *out = ma_spf_evaluate(&spf, &client);
    printf("%s\t%u\t%u\t%s\t%d\n", out->pending ? "pending" : ma_spf_result_name(out->result),
        out->lookups, out->voids, out->explanation != NULL ? out->explanation : "",
        (int)out->problem.kind);
}

static void walk(struct world *w, const char *domain)
{
    struct ma_spf spf;
    struct ma_run *run = world_run(w);
    ma_spf_init(&spf, run);
    const struct ma_spf_walk *out =
        ma_spf_walk(&spf, ma_spf_name(run, domain, strlen(domain)), 1, NULL);
    const char *valid = out->policy->found == MA_SPF_NONE_THERE ? "none"
                        : out->invalid                          ? "invalid"
                        : out->failed > 0                       ? "unknown"
                                                                : "valid";
    printf("%s\t%u\t%u\t%d\n", valid, out->lookups, out->voids,
        out->problems != NULL ? (int)out->problems->kind : 0);
}

static void print_networks(struct ma_run *run, struct ma_netset set, unsigned family)
{
    struct ma_networks networks;
    struct ma_address address;
    unsigned prefix;
    ma_networks_begin(&networks, set, family);
    while (ma_networks_next(&networks, &address, &prefix))
        printf("%s/%u ", ma_address_text(run, &address), prefix);
}

static void flatten(struct world *w, const char *domain)
{
    struct ma_spf spf;
    struct ma_run *run = world_run(w);
    ma_spf_init(&spf, run);
    const struct ma_spf_flat *flat = ma_spf_flatten(&spf, ma_spf_name(run, domain, strlen(domain)));
    const struct ma_spf_flat_records *records = ma_spf_flat_write(run, flat, domain);
    printf("-%s%s%s%s%s\t", flat->partial ? "o" : "", flat->failed != NULL ? "f" : "",
        flat->broken ? "b" : "", flat->cut ? "c" : "", records->over ? "l" : "");
    print_networks(run, flat->passed.v4, 4);
    print_networks(run, flat->passed.v6, 6);
    putchar('\t');
    for (const struct ma_spf_left *left = flat->lefts; left != NULL; left = left->next)
        printf("%s ", ma_spf_why_name(left->why));
    for (const struct ma_spf_flat_record *r = records->list; r != NULL; r = r->next)
        printf("\t%s\t%s", r->owner, r->text);
    putchar('\n');
}

int main(void)
{
    static char line[LINE_BYTES];
    struct world *w = world_new();
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "world") == 0) {
            world_free(w);
            w = world_new();
        } else if (strncmp(line, "rr ", 3) == 0) {
            if (!world_add(w, line + 3))
                fprintf(stderr, "not understood: %s\n", line);
        } else if (strncmp(line, "eval ", 5) == 0) {
            evaluate(w, line + 5);
        } else if (strncmp(line, "walk ", 5) == 0) {
            walk(w, line + 5);
        } else if (strncmp(line, "flat ", 5) == 0) {
            flatten(w, line + 5);
        }
    }
    world_free(w);
    return 0;
}
