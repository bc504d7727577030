/* SPDX-License-Identifier: MIT */
/* curlloop.h - libcurl's transfers on libuv's loop: many at once, none of them blocks. */
#ifndef MA_CURLLOOP_H
#define MA_CURLLOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct ma_curlloop;

/* done() is told of each transfer that has ended; it may remove handles and add new ones. NULL
   without memory. */
struct ma_curlloop *ma_curlloop_new(
    uv_loop_t *, void (*done)(CURL *, CURLcode, void *context), void *context);
/* Every handle has been removed. Its memory goes in the loop. NULL is allowed. */
void ma_curlloop_free(struct ma_curlloop *);

bool ma_curlloop_add(struct ma_curlloop *, CURL *);
/* An ended transfer has to be removed, too. Not from inside one of libcurl's own callbacks. */
void ma_curlloop_remove(struct ma_curlloop *, CURL *);

#endif
