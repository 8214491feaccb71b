#pragma once
#include <fcgiapp.h>

// The counter pages: what a C programmer would write who needs a session, and no more. They answer the visitor's count.

/// Where the file counter keeps its sessions; NULL when it has no place.
extern const char *sessionDirectory;

/// The count lies in a signed cookie, which changes with every answer.
void countInCookie(FCGX_Request *request);

/// The count lies in a file named as the visitor's cookie, under flock.
void countInFile(FCGX_Request *request);
