/* SPDX-License-Identifier: MIT */
/* apart.c - verification in a child that may die without harm. */
#include "verify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_CPU_SECS     5
#define CHILD_WAIT_MSECS   10000
#define CHILD_MEMORY_BYTES ((rlim_t)512 << 20) /* beyond what is mapped, a message of 32 MiB */

/* AddressSanitizer maps terabytes: gcc tells of it by a macro, clang by a feature. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW_MEMORY 1
#elif defined(__has_feature)
#define HAS_SHADOW_MEMORY __has_feature(address_sanitizer)
#else
#define HAS_SHADOW_MEMORY 0
#endif

static void bound(void)
{
    const struct rlimit cpu = {CHILD_CPU_SECS, CHILD_CPU_SECS}, none = {0, 0};
    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &none);
#if !HAS_SHADOW_MEMORY
    const struct rlimit memory = {CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES};
    setrlimit(RLIMIT_AS, &memory);
#endif
}

static void write_all(int fd, const void *bytes, size_t size)
{
    const char *p = bytes;
    while (size > 0) {
        ssize_t n = write(fd, p, size);
        if (n <= 0 && errno != EINTR)
            return;
        p += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
}

/* All of it, or false. The child writes once, so each wait is for the whole. */
static bool read_all(int fd, void *bytes, size_t size)
{
    char *p = bytes;
    while (size > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int n = poll(&ready, 1, CHILD_WAIT_MSECS);
        if (n < 0 && errno == EINTR)
            continue;
        ssize_t got = n > 0 ? read(fd, p, size) : 0;
        if (got <= 0)
            return false;
        p += got;
        size -= (size_t)got;
    }
    return true;
}

static void not_checked(struct ma_verdict *verdicts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        verdicts[i] = (struct ma_verdict){.result = MA_SIGNATURE_UNCHECKED, .why = MA_WHY_LIBRARY};
}

void ma_mail_verify_apart(const struct ma_mail *m, const struct ma_key_record *keys,
    int64_t now_secs, struct ma_verdict *verdicts_r)
{
    struct ma_verdict got[MA_MAIL_SIGNATURES_MAX];
    size_t size = m->signature_count * sizeof *got;
    int ends[2];
    not_checked(verdicts_r, m->signature_count);
    if (m->signature_count == 0 || pipe(ends) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        bound();
        memset(got, 0, sizeof got);
        ma_mail_verify(m, keys, now_secs, got);
        write_all(ends[1], got, size);
        _exit(0);
    }
    close(ends[1]);
    if (child > 0) {
        bool whole = read_all(ends[0], got, size);
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
        if (whole)
            memcpy(verdicts_r, got, size);
    }
    close(ends[0]);
}
