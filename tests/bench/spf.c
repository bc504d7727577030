/* SPDX-License-Identifier: MIT */
/*
 * What it costs to parse and evaluate a policy with five includes, all of whose answers are there:
 * processor time of our evaluator, and of libspf2 behind its guard, in the same DNS in memory.
 */
#include "spf_opinion.h"
#include "world.h"

#include <stdio.h>
#include <time.h>

#define TIMES     10000 /* of one round */
#define ROUNDS    7
#define BAR_USECS 100

/* The last include's last network has the client: all of it is looked through. */
static const char *const records[] = {
    "example.com TXT v=spf1 mx ip4:192.0.2.0/28 include:a.example.net include:b.example.net"
    " include:c.example.net include:d.example.net include:e.example.net ~all",
    "example.com MX 10 mx.example.com",
    "mx.example.com A 192.0.2.25",
    "mx.example.com AAAA 2001:db8::25",
    "a.example.net TXT v=spf1 ip4:198.51.100.0/26 ip4:198.51.100.64/27 ip6:2001:db8:a::/48 ~all",
    "b.example.net TXT v=spf1 ip4:198.51.100.128/28 ip4:198.51.100.144/28 ip4:198.51.100.160/29"
    " ip4:198.51.100.168/29 ip4:198.51.100.176/30 ip4:198.51.100.180/30 ?all",
    "c.example.net TXT v=spf1 a:out.example.net ip6:2001:db8:c::/56 ip6:2001:db8:c:100::/56 -all",
    "out.example.net A 203.0.113.1",
    "d.example.net TXT v=spf1 ip4:203.0.113.64/26 ip4:203.0.113.128/26 -all",
    "e.example.net TXT v=spf1 ip4:203.0.113.16/28 ip4:203.0.113.32/28 ip4:203.0.113.192/26 -all",
};

static const struct ma_spf_client client = {.address = {4, {203, 0, 113, 200}},
    .sender = "joe@example.com",
    .helo = "mail.example.com",
    .receiver = "unknown",
    .now_secs = 1700000000};

static enum ma_spf_result ours(struct ma_run *run)
{
    struct ma_spf spf;
    ma_spf_init(&spf, run);
    return ma_spf_evaluate(&spf, &client)->result;
}

static enum ma_spf_result libspf2(struct ma_run *run)
{
    struct ma_spf_values values = ma_spf_values_of(run, &client);
    values.domain = "example.com";
    struct spf_opinion theirs = spf_opinion_of(run, &values);
    return theirs.comparable ? theirs.result : MA_SPF_TEMPERROR;
}

static double cpu_secs(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The fastest of some rounds, in us; negative where the result is not a pass. */
static double measure(struct world *world, enum ma_spf_result (*evaluate)(struct ma_run *))
{
    double best = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = cpu_secs();
        for (unsigned i = 0; i < TIMES; i++)
            if (evaluate(world_run(world)) != MA_SPF_PASS)
                return -1;
        double usecs = (cpu_secs() - start) / TIMES * 1e6;
        best = usecs < best ? usecs : best;
    }
    return best;
}

int main(void)
{
    struct world *world = world_new();
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (!world_add(world, records[i]))
            return 2;
    double mine = measure(world, ours), theirs = measure(world, libspf2);
    printf("policy with five includes: %.1f us (bar %d us); libspf2 %.1f us, %.1f times as much\n",
        mine, BAR_USECS, theirs, theirs / mine);
    world_free(world);
    return mine >= 0 && theirs >= 0 ? 0 : 1;
}
