#pragma once
#include <stdbool.h>

/// Somebody with a browser.
struct visitor {
    char *cookies; // as the Cookie field has them; NULL without any
    long long count; // what the server said last
};

/// Takes the cookie of a Set-Cookie field in place of an older one of that name; its attributes do not matter here.
/// False when the field has no name.
bool takeCookie(struct visitor *visitor, const char *field);

/// Makes somebody new of a visitor.
void forget(struct visitor *visitor);
