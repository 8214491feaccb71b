#pragma once
#include <stddef.h>

enum { sha256Size = 32 };

/// HMAC-SHA256 (RFC 2104, FIPS 180-4); keys of up to 64 bytes.
void hmacSHA256(const void *key, size_t keyLength, const void *message, size_t length, unsigned char mac[sha256Size]);
