// Asks a local server for one thing over and over, on many connections, and checks every byte of every answer.
// One thread and one poller: it must cost so little that the server is what is measured.
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static unsigned percentile(const struct findings *findings, double share) {
    if (findings->answers == 0) return 0;
    return findings->latencies[(size_t)(share * (double)(findings->answers - 1))];
}

int main(int count, char **arguments) {
    struct options options = readOptions(count, arguments);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    struct findings findings = run(&options);
    if (findings.answers > 0)
        qsort(findings.latencies, findings.answers, sizeof *findings.latencies, compare);
    printf("{\"requests\":%zu,\"errors\":%zu,\"seconds\":%.6f,\"requests_per_second\":%.1f,"
           "\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"connections\":%zu,\"generator_cpu_seconds\":%.6f}\n",
           findings.answers, findings.errors, findings.seconds, (double)findings.answers / findings.seconds,
           percentile(&findings, 0.5), percentile(&findings, 0.9), percentile(&findings, 0.99),
           percentile(&findings, 1), findings.connections, findings.processorSeconds);
    return findings.errors == 0 && findings.answers > 0 ? 0 : 1;
}
