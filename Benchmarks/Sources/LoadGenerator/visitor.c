#include "visitor.h"
#include <stdlib.h>
#include <string.h>

bool takeCookie(struct visitor *visitor, const char *field) {
    size_t length = strcspn(field, ";");
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\t')) length--;
    const char *equals = memchr(field, '=', length);
    if (!equals || equals == field) return false;
    size_t nameLength = (size_t)(equals - field) + 1; // with the sign, so that no name is another one's beginning

    const char *old = visitor->cookies ? visitor->cookies : "";
    char *cookies = malloc(strlen(old) + length + 3);
    if (!cookies) abort();
    char *end = cookies;
    while (*old) {
        size_t pair = strcspn(old, ";");
        if (strncmp(old, field, nameLength)) {
            memcpy(end, old, pair);
            memcpy(end + pair, "; ", 2);
            end += pair + 2;
        }
        old += pair;
        old += strspn(old, "; ");
    }
    memcpy(end, field, length);
    end[length] = 0;
    free(visitor->cookies);
    visitor->cookies = cookies;
    return true;
}

void forget(struct visitor *visitor) {
    free(visitor->cookies);
    visitor->cookies = NULL;
    visitor->count = 0;
}
