/*
 * A host as a monitor sees one: answers every HTTP request with 200, until it is killed. Small, so that there can be many.
 *
 * usage: pull-host ADDRESS PORT     (port 0: any)
 *
 * Prints its port when it answers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell";
  const int one = 1;
  if (argc != 3) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 2;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    perror("pull-host");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    char request[4096];
    const struct timeval patience = {0, 200000};
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (read(client, request, sizeof request) > 0 && write(client, answer, sizeof answer - 1) < 0) perror("pull-host: write");
    shutdown(client, SHUT_WR);
    while (read(client, request, sizeof request) > 0) continue;
    close(client);
  }
}
