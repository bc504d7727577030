/* SPDX-License-Identifier: MIT */
/* dkim_keys.h - public keys in base64, made for the tests; nobody has their private parts. */
#ifndef DKIM_KEYS_H
#define DKIM_KEYS_H

/* clang-format off */
#define RSA_512 \
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMPJQZ8k6XYRsYWDKU5YxzZMoicg+iwhsTMp02xRTZobvb8LdAZK" \
    "/awJgdrkLqISNbRPFDm773FL/5tkAOKo2v0CAwEAAQ=="
#define RSA_1024 \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDiiUEdWW3vrmpwpse7drw0cceAAdEob5GmllZXUzchR1xF" \
    "pAN0VcOyWNCGkj5+czJGGg2ll7gLWIOpqfsdtYCdcAYklNZCzjalZag7i8NTirTICVB1YQTHswpQQxUZQfCq" \
    "xUFX0d81TjSVpYQE8DV1GVRCTtSlVVaMfGTp5TNO7QIDAQAB"
#define RSA_1024_PKCS1 \
    "MIGJAoGBAOKJQR1Zbe+uanCmx7t2vDRxx4AB0ShvkaaWVldTNyFHXEWkA3RVw7JY0IaSPn5zMkYaDaWXuAtY" \
    "g6mp+x21gJ1wBiSU1kLONqVlqDuLw1OKtMgJUHVhBMezClBDFRlB8KrFQVfR3zVONJWlhATwNXUZVEJO1KVV" \
    "Vox8ZOnlM07tAgMBAAE="
#define RSA_2048 \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6DD749PU/JUTtBw3iZktG4F59J2T+pMjOAIxzb74" \
    "60RYlunN31Z/nnegFfsCKwMwTNWxxMmsRPx/z4RILlFM9MLif3fYmd3ybwqBJNUnrv2EM5w9WcA5ho1LAell" \
    "SRM0dK0Cuf8eZOk2oaroJj/PczIEIVuZ8L0rBW8CUR5vZacwxpJmh0b/qTPaWaeGzZ8ScZXYfRoT2ude+2o/" \
    "ih7mqcOySe1dCrpfsOKyVLfM5MUIMXcMwGwWsdR8XCkJ+NSMJTgOfONKKN4R2y34F6jTRYpx2/zdKIL/Ty9w" \
    "mo8MPleUQzdfCiRre0CTY4SmzxsoaUL8jE7QyCfbYjLFAerLjQIDAQAB"
#define RSA_2048_PKCS1 \
    "MIIBCgKCAQEA6DD749PU/JUTtBw3iZktG4F59J2T+pMjOAIxzb7460RYlunN31Z/nnegFfsCKwMwTNWxxMms" \
    "RPx/z4RILlFM9MLif3fYmd3ybwqBJNUnrv2EM5w9WcA5ho1LAellSRM0dK0Cuf8eZOk2oaroJj/PczIEIVuZ" \
    "8L0rBW8CUR5vZacwxpJmh0b/qTPaWaeGzZ8ScZXYfRoT2ude+2o/ih7mqcOySe1dCrpfsOKyVLfM5MUIMXcM" \
    "wGwWsdR8XCkJ+NSMJTgOfONKKN4R2y34F6jTRYpx2/zdKIL/Ty9wmo8MPleUQzdfCiRre0CTY4SmzxsoaUL8" \
    "jE7QyCfbYjLFAerLjQIDAQAB"
#define RSA_4160 \
    "MIICKjANBgkqhkiG9w0BAQEFAAOCAhcAMIICEgKCAgkAoAfsH7XltWYgyJG0eU8c6UXDjXN+Va34eA1ApfxO" \
    "bB8QfSVC4bXYouDGeNqzoJ9AHwAVFzHOqjk95dnqurH5t9aGI4NL6XNlcMuUsyRFLv++LsvEt2iEV1c4V+Rv" \
    "KHppjorUxeboFJXxUqCWDN+71+9vZGUKKwUjYxKBQpEz8PJ8E1y8IYwBM1CUu3TFa6Tcj12xTBqalCiiDd1f" \
    "PsjDbJUTg0jAoUUcXnSZAUibBV9U4pXuABYqqdjmh+UVqiiuGak1t/Fl6dA+8pfnNRIQ9m6OlEgnqr+JcdGA" \
    "QxvJHFsHaIFOHl2MgEM2h4A2IheoxV6hOr/PO+wyVcIea2JVzwPRGMWm1VyOjP1BNtiGZBCWJTMjjIZrvVSy" \
    "gyYZ4nJc2GeDSAkSWOJcZ+w8+wk5tA2FqFZNSH0qLdh/h4MvdTnhTfbwnPGA6mf9VnGxZOK7YjrEzn3gUgke" \
    "Lurnhp5acTlhZXx6nSt/Evcm1XlDJ1MDbqHD3KY0ShE9cQhBSLpCMYj6OdSGYrJn7lNXY7lgNt4sVuD2YyZs" \
    "I2CVcTSnQzQk8pz+G6EfwFY5O6CF/n77z5veYSWFpX6wuFWHM367ogq21ZYTkFMrA9zSUoUE6VnGa5mUo/MC" \
    "IJbYqljem/BGrX2pZq29XxdR+LZUlDZYxSZgcpqQm1QWY79PP2MVSHvXKjfRvxTIUwIDAQAB"
#define EC_P256 \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqqP2X3lMQ0denlDvZqrQ4pIX+rb6sICzSTHbgif6Ij2vwxck" \
    "nEEoPuYo6xQKNcVjT/hMzMXxMNtNleKh2vneFw=="
#define ED25519 \
    "SE0Od4HybPYawClyRFNxK/5/4a//7Txc5Wm0G4zpfjU="
#define ED25519_SPKI \
    "MCowBQYDK2VwAyEASE0Od4HybPYawClyRFNxK/5/4a//7Txc5Wm0G4zpfjU="
/* clang-format on */

#endif
