// The yardstick for CGI start-up: the smallest useful CGI program, linked dynamically as C programs are.
#include <stdio.h>

int main(void) {
    fputs("Status: 200 OK\r\n"
          "Content-Type: text/plain\r\n"
          "Content-Length: 13\r\n"
          "\r\n"
          "Hello, World!",
          stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
