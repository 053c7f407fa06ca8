/*
 * Asks for one name at a steady rate, whatever comes back, and keeps account of every answer: which of the addresses 192.0.2.1 to 192.0.2.30
 * it held. Answers that come one after the other at one socket and hold the same are one run, and each run is one line. Goes on until SIGTERM.
 *
 * usage: pull-asker PORT RATE SOCKETS NAME     (127.0.0.1, UDP, type A)
 *
 * A line: SOCKET MASK COUNT FIRST-SENT LAST-SENT FIRST-RECEIVED LAST-RECEIVED TTL. Bit n-1 of the mask is 192.0.2.n, bit 30 any other address;
 * 0 is an answer without addresses. Times are microseconds of CLOCK_MONOTONIC, taken before sending and after receiving; TTL is the highest.
 * The last line is JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_SOCKETS = 64, IDS = 65536, ROOM = 1500, HEADER = 12, MOST_LINES = 1000000 };
static const int64_t SECOND = 1000000, TICK = 1000, LAST_WAIT = 500000;

struct run {
  uint32_t mask, ttl;
  long count;
  int64_t first_sent, last_sent, first_received, last_received;
};

static volatile sig_atomic_t is_over = 0;
static void end(int signal) {
  (void)signal;
  is_over = 1;
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static size_t compose(unsigned char *octets, const char *name) {
  const unsigned char header[HEADER] = {0, 0, 0, 0, 0, 1};
  size_t at = HEADER;
  memcpy(octets, header, HEADER);
  while (*name != '\0') {
    size_t length = strcspn(name, ".");
    octets[at++] = (unsigned char)length;
    memcpy(octets + at, name, length);
    at += length;
    name += length + (name[length] == '.');
  }
  const unsigned char rest[] = {0, 0, 1, 0, 1};
  memcpy(octets + at, rest, sizeof rest);
  return at + sizeof rest;
}

/* Past a name, or past the end when it does not end. */
static size_t skip_name(const unsigned char *octets, size_t length, size_t at) {
  while (at < length && octets[at] != 0) {
    if (octets[at] >= 192) return at + 2;
    at += octets[at] + 1u;
  }
  return at + 1;
}

/* Which addresses an answer holds. */
static uint32_t read_answer(const unsigned char *octets, size_t length, uint32_t *ttl) {
  uint32_t mask = 0;
  *ttl = 0;
  if ((octets[3] & 15) != 0) return 0;
  size_t at = skip_name(octets, length, HEADER) + 4;
  for (int left = octets[6] << 8 | octets[7]; left > 0; left--) {
    at = skip_name(octets, length, at);
    if (at + 10 > length) return 1u << 30;
    const unsigned char *record = octets + at;
    uint32_t its = (uint32_t)record[4] << 24 | (uint32_t)record[5] << 16 | (uint32_t)record[6] << 8 | record[7];
    size_t size = (size_t)(record[8] << 8 | record[9]);
    at += 10 + size;
    if (at > length) return 1u << 30;
    if (its > *ttl) *ttl = its;
    const unsigned char *data = record + 10;
    int is_ours = record[1] == 1 && size == 4 && data[0] == 192 && data[1] == 0 && data[2] == 2 && data[3] >= 1 && data[3] <= 30;
    mask |= 1u << (is_ours ? data[3] - 1 : 30);
  }
  return mask;
}

static long lines = 0;
static void show(int which, const struct run *run) {
  if (run->count == 0 || lines++ >= MOST_LINES) return;
  printf("%d %u %ld %lld %lld %lld %lld %u\n", which, run->mask, run->count, (long long)run->first_sent, (long long)run->last_sent,
         (long long)run->first_received, (long long)run->last_received, run->ttl);
}

static void note(int which, struct run *run, uint32_t mask, uint32_t ttl, int64_t sent, int64_t received) {
  if (run->count > 0 && run->mask != mask) {
    show(which, run);
    run->count = 0;
  }
  if (run->count++ == 0) *run = (struct run){mask, ttl, 1, sent, sent, received, received};
  if (ttl > run->ttl) run->ttl = ttl;
  if (sent < run->first_sent) run->first_sent = sent;
  if (sent > run->last_sent) run->last_sent = sent;
  run->last_received = received;
}

int main(int argc, char **argv) {
  if (argc != 5 || strlen(argv[4]) > 200) {
    fprintf(stderr, "usage: pull-asker PORT RATE SOCKETS NAME\n");
    return 2;
  }
  const int port = atoi(argv[1]), sockets = atoi(argv[3]);
  const int64_t rate = atol(argv[2]);
  if (sockets < 1 || sockets > MOST_SOCKETS || rate < 1) {
    fprintf(stderr, "pull-asker: a number is out of range\n");
    return 2;
  }
  signal(SIGTERM, end);
  prctl(PR_SET_TIMERSLACK, 1UL);
  struct pollfd waiting[MOST_SOCKETS];
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < sockets; i++) {
    const int room = 1 << 20;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
      perror("pull-asker: socket");
      return 1;
    }
    waiting[i] = (struct pollfd){.fd = descriptor, .events = POLLIN};
  }
  int64_t *sent = calloc((size_t)sockets * IDS, sizeof *sent);
  struct run *runs = calloc((size_t)sockets, sizeof *runs);
  if (sent == NULL || runs == NULL) return 1;
  unsigned char question[256];
  const size_t question_length = compose(question, argv[4]);

  long asked = 0, answered = 0;
  int64_t due = 0, last = 0;
  const int64_t start = now();
  int64_t stopped = 0;
  for (;;) {
    int64_t moment = now();
    if (is_over && stopped == 0) stopped = moment;
    if (stopped != 0 && moment - stopped > LAST_WAIT) break;
    if (stopped == 0) {
      /* What could not be sent for a tenth of a second is left out, not sent in a heap. */
      int64_t behind = rate * (moment - start) / SECOND;
      if (behind - due > rate / 10) due = behind - rate / 10;
      for (; due < behind; due++, asked++) {
        int which = (int)(asked % sockets);
        unsigned id = (unsigned)(asked / sockets) % IDS;
        question[0] = (unsigned char)(id >> 8);
        question[1] = (unsigned char)id;
        sent[(size_t)which * IDS + id] = now();
        send(waiting[which].fd, question, question_length, MSG_DONTWAIT);
      }
    }
    int64_t left = last + TICK - now();
    last = moment;
    if (left < 100) left = 100;
    struct timespec timeout = {0, (left > TICK ? TICK : left) * 1000};
    nanosleep(&timeout, NULL);
    struct timespec none = {0, 0};
    if (ppoll(waiting, (nfds_t)sockets, &none, NULL) <= 0) continue;
    for (int i = 0; i < sockets; i++) {
      if (waiting[i].revents == 0) continue;
      unsigned char octets[ROOM];
      for (ssize_t length; (length = recv(waiting[i].fd, octets, sizeof octets, MSG_DONTWAIT)) >= HEADER;) {
        int64_t *its = sent + (size_t)i * IDS + (octets[0] << 8 | octets[1]);
        if (*its == 0) continue;
        uint32_t ttl, mask = read_answer(octets, (size_t)length, &ttl);
        note(i, runs + i, mask, ttl, *its, now());
        *its = 0;
        answered++;
      }
    }
  }
  for (int i = 0; i < sockets; i++) show(i, runs + i);
  printf("{\"asked\":%ld,\"answered\":%ld,\"seconds\":%.3f,\"left\":%ld}\n", asked, answered, (double)(stopped - start) / SECOND,
         lines > MOST_LINES ? lines - MOST_LINES : 0);
  return 0;
}
