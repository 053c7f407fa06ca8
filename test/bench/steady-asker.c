/*
 * Asks at a steady rate, whatever comes back (open loop), and says how long the answers took. The times at which answers came in are the
 * kernel's (SO_TIMESTAMPNS), so that an asker that waits for a CPU does not count as a slow server.
 *
 * usage: steady-asker PORT RATE SECONDS SOCKETS NAMES     (127.0.0.1, UDP; n<0..NAMES-1>.bench.test, type A)
 *
 * Prints one line of JSON; all times are microseconds. "sent": from sending to the answer; "due": from the moment at which it should
 * have been sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_SOCKETS = 64, ROOM = 1500, HEADER = 12 };
static const int64_t SECOND = 1000000000, LAST_WAIT = 1000000000;

struct question {
  int64_t due, sent, answered;
};

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static size_t compose(unsigned char *octets, unsigned id, int name) {
  char label[16];
  int length = snprintf(label, sizeof label, "n%d", name);
  const unsigned char header[HEADER] = {(unsigned char)(id >> 8), (unsigned char)id, 0, 0, 0, 1};
  const unsigned char rest[] = "\005bench\004test\0\0\001\0\001"; /* and a zero that is not sent */
  memcpy(octets, header, HEADER);
  octets[HEADER] = (unsigned char)length;
  memcpy(octets + HEADER + 1, label, (size_t)length);
  memcpy(octets + HEADER + 1 + length, rest, sizeof rest - 1);
  return HEADER + 1 + (size_t)length + sizeof rest - 1;
}

/* Takes all answers that wait at one socket. Returns how many of them were not NOERROR with an answer. */
static long receive_all(int descriptor, int which, int sockets, struct question *questions, long asked) {
  long wrong = 0;
  for (;;) {
    unsigned char octets[ROOM], control[128];
    struct iovec piece = {octets, sizeof octets};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT);
    if (length < HEADER) return wrong;
    int64_t at = now();
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
      struct timespec t;
      memcpy(&t, CMSG_DATA(part), sizeof t);
      at = t.tv_sec * SECOND + t.tv_nsec;
    }
    long number = (long)((octets[0] << 8) | octets[1]) * sockets + which;
    if (number >= asked || questions[number].answered != 0) continue;
    questions[number].answered = at;
    if ((octets[3] & 15) != 0 || octets[7] == 0) wrong++;
  }
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

/* Of every quarter of a second its 99th percentile; of these the middle one. What disturbs the machine now and then hardly shows in it. */
static double typical_p99(const struct question *questions, long asked, long window) {
  double p99s[4096];
  int64_t *values = calloc((size_t)window, sizeof *values);
  size_t windows = 0;
  for (long from = 0; values != NULL && from + window <= asked && windows < 4096; from += window) {
    long count = 0;
    for (long i = from; i < from + window; i++) {
      if (questions[i].answered != 0) values[count++] = questions[i].answered - questions[i].sent;
    }
    if (count == 0) continue;
    qsort(values, (size_t)count, sizeof *values, ascending);
    int64_t p99 = values[count * 99 / 100];
    size_t at = windows++;
    for (; at > 0 && p99s[at - 1] > (double)p99; at--) p99s[at] = p99s[at - 1];
    p99s[at] = (double)p99;
  }
  free(values);
  return windows == 0 ? 0 : p99s[windows / 2] / 1000;
}

static void show(const char *title, int64_t *values, long count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  const double parts[] = {0.5, 0.99, 0.999};
  const char *names[] = {"p50", "p99", "p999"};
  printf("\"%s\":{", title);
  for (int i = 0; i < 3; i++) {
    long at = (long)(parts[i] * (double)count);
    printf("\"%s\":%.1f,", names[i], count == 0 ? 0 : (double)values[at < count ? at : count - 1] / 1000);
  }
  printf("\"highest\":%.1f}", count == 0 ? 0 : (double)values[count - 1] / 1000);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: steady-asker PORT RATE SECONDS SOCKETS NAMES\n");
    return 2;
  }
  const int port = atoi(argv[1]), sockets = atoi(argv[4]), names = atoi(argv[5]);
  const long rate = atol(argv[2]), count = rate * atol(argv[3]);
  if (sockets < 1 || sockets > MOST_SOCKETS || rate < 1 || names < 1 || count / sockets > 65535) {
    fprintf(stderr, "steady-asker: a number is out of range\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1UL);
  struct pollfd waiting[MOST_SOCKETS];
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < sockets; i++) {
    const int one = 1, room = 1 << 20;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) != 0 ||
        connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
      perror("steady-asker: socket");
      return 1;
    }
    waiting[i] = (struct pollfd){.fd = descriptor, .events = POLLIN};
  }
  struct question *questions = calloc((size_t)count, sizeof *questions);
  int64_t *values = calloc((size_t)count, sizeof *values);
  if (questions == NULL || values == NULL) return 1;

  const int64_t start = now(), step = SECOND / rate, end = start + step * count + LAST_WAIT;
  long asked = 0, answered = 0, wrong = 0;
  for (;;) {
    int64_t moment = now();
    for (; asked < count && start + step * asked <= moment; asked++) {
      unsigned char octets[64];
      size_t length = compose(octets, (unsigned)(asked / sockets), rand() % names);
      questions[asked].due = start + step * asked;
      questions[asked].sent = now();
      send(waiting[asked % sockets].fd, octets, length, MSG_DONTWAIT);
    }
    int64_t until = asked < count ? start + step * asked : end;
    moment = now();
    if (moment >= end) break;
    int64_t left = until > moment ? until - moment : 0;
    struct timespec timeout = {left / SECOND, left % SECOND};
    if (ppoll(waiting, (nfds_t)sockets, &timeout, NULL) <= 0) continue;
    for (int i = 0; i < sockets; i++) {
      if (waiting[i].revents != 0) wrong += receive_all(waiting[i].fd, i, sockets, questions, asked);
    }
  }

  for (long i = 0; i < count; i++) {
    if (questions[i].answered != 0) values[answered++] = questions[i].answered - questions[i].sent;
  }
  printf("{\"asked\":%ld,\"answered\":%ld,\"wrong\":%ld,", asked, answered, wrong);
  printf("\"typicalP99\":%.1f,", typical_p99(questions, asked, rate < 4 ? 1 : rate / 4));
  show("sent", values, answered);
  answered = 0;
  for (long i = 0; i < count; i++) {
    if (questions[i].answered != 0) values[answered++] = questions[i].answered - questions[i].due;
  }
  printf(",");
  show("due", values, answered);
  printf("}\n");
  return 0;
}
