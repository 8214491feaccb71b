#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with a program's arguments ("Using libFuzzer as a library" in its documentation).
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
