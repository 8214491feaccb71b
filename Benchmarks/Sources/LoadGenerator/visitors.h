#pragma once
#include "visitor.h"
#include <stddef.h>

// All visitors of a run, in a queue: whoever has had an answer goes to its end, so that everybody comes equally often
// and nobody is on two connections at once.

/// Gathers visitors: those the jar knows first, then new ones. Ends the process when the jar makes no sense.
void gatherVisitors(size_t count, const char *jar);

/// There must be one left: at most as many are under way as there are clients.
struct visitor *nextVisitor(void);

void returnVisitor(struct visitor *visitor, bool asSomebodyNew);

/// Leaves all visitors in the jar, in the order of the queue, so that the next run goes on with those who have waited
/// longest.
void saveVisitors(const char *jar);
