#include "sha256.h"
#include <stdint.h>
#include <string.h>

enum { blockSize = 64 };

struct hash {
    uint32_t state[8];
    unsigned char block[blockSize];
    uint64_t length; // of everything seen
};

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The same of the square roots of the first eight.
static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t turn(uint32_t word, int bits) {
    return word >> bits | word << (32 - bits);
}

static void mix(uint32_t state[8], const unsigned char *block) {
    uint32_t words[64];
    for (int i = 0; i < 16; i++, block += 4)
        words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    for (int i = 16; i < 64; i++) {
        uint32_t old = words[i - 15], late = words[i - 2];
        words[i] = words[i - 16] + (turn(old, 7) ^ turn(old, 18) ^ old >> 3) + words[i - 7] +
                   (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + words[i];
        uint32_t second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void begin(struct hash *hash) {
    memcpy(hash->state, start, sizeof start);
    hash->length = 0;
}

static void add(struct hash *hash, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    while (count > 0) {
        size_t used = hash->length % blockSize;
        size_t part = count < blockSize - used ? count : blockSize - used;
        memcpy(hash->block + used, next, part);
        hash->length += part;
        next += part;
        count -= part;
        if (hash->length % blockSize == 0) mix(hash->state, hash->block);
    }
}

static void finish(struct hash *hash, unsigned char digest[sha256Size]) {
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(hash->length * 8 >> (56 - 8 * i));
    add(hash, "\x80", 1);
    while (hash->length % blockSize != blockSize - sizeof length) add(hash, "", 1);
    add(hash, length, sizeof length);
    for (int i = 0; i < sha256Size; i++) digest[i] = (unsigned char)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void hmacSHA256(const void *key, size_t keyLength, const void *message, size_t length, unsigned char mac[sha256Size]) {
    unsigned char pad[blockSize] = {0};
    struct hash hash;
    memcpy(pad, key, keyLength);
    for (int i = 0; i < blockSize; i++) pad[i] ^= 0x36;
    begin(&hash);
    add(&hash, pad, sizeof pad);
    add(&hash, message, length);
    finish(&hash, mac);
    for (int i = 0; i < blockSize; i++) pad[i] ^= 0x36 ^ 0x5c;
    begin(&hash);
    add(&hash, pad, sizeof pad);
    add(&hash, mac, sha256Size);
    finish(&hash, mac);
}
