/*
 * Asks questions that are ready in a file, as fast as they are answered (closed loop; RATE 0) or at most RATE a second, and counts.
 * It ends after so many SECONDS, or after MOST answers if that is not 0.
 *
 * usage: flood-asker PORT FILE SECONDS SOCKETS OUTSTANDING RATE MOST     (127.0.0.1, UDP)
 *
 * The file holds messages, each after its length in two octets; they are asked in order, from the first again after the last, with IDs
 * of the asker's own. Prints one line of JSON: questions that were answered, lost (no answer in a second), answered wrongly (not NOERROR,
 * or without a record), and the seconds that all took.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

enum { MOST_SOCKETS = 64, MOST_SLOTS = 64, LONGEST = 512, ROOM = 1500, HEADER = 12 };
static const int64_t SECOND = 1000000000, PATIENCE = 1000000000;

/* A question that waits for its answer; the ID is its number and, above that, how often it was used. */
struct slot {
  int64_t sent; /* 0: free */
  unsigned used;
};

struct asker {
  int descriptor;
  struct slot slots[MOST_SLOTS];
};

static const unsigned char *questions, *next, *end;
static struct asker askers[MOST_SOCKETS];
static struct pollfd waiting[MOST_SOCKETS];
static int sockets, slots;
static long answered, lost, wrong, asked;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

/* Asks with all free slots of a socket, at most `most`. */
static void ask(struct asker *asker, int64_t moment, long most) {
  static unsigned char octets[MOST_SLOTS][LONGEST];
  struct mmsghdr messages[MOST_SLOTS];
  struct iovec pieces[MOST_SLOTS];
  int count = 0;
  for (int i = 0; i < slots && count < most; i++) {
    struct slot *slot = &asker->slots[i];
    if (slot->sent != 0) continue;
    if (next >= end) next = questions;
    size_t length = (size_t)(next[0] << 8 | next[1]);
    memcpy(octets[count], next + 2, length);
    next += 2 + length;
    slot->used = (slot->used + 1) & 0x3ff;
    slot->sent = moment;
    octets[count][0] = (unsigned char)(slot->used >> 2);
    octets[count][1] = (unsigned char)((slot->used & 3) << 6 | (unsigned)i);
    pieces[count] = (struct iovec){octets[count], length};
    messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = &pieces[count], .msg_iovlen = 1}};
    count++;
  }
  /* What does not go out now counts as lost in a second. */
  for (int done = 0; done < count;) {
    int sent = sendmmsg(asker->descriptor, messages + done, (unsigned)(count - done), 0);
    if (sent <= 0) break;
    done += sent;
  }
  asked += count;
}

static void take(struct asker *asker) {
  static unsigned char octets[MOST_SLOTS][ROOM];
  struct mmsghdr messages[MOST_SLOTS];
  struct iovec pieces[MOST_SLOTS];
  for (int i = 0; i < MOST_SLOTS; i++) {
    pieces[i] = (struct iovec){octets[i], ROOM};
    messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &pieces[i], .msg_iovlen = 1}};
  }
  int count = recvmmsg(asker->descriptor, messages, MOST_SLOTS, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    const unsigned char *reply = octets[i];
    if (messages[i].msg_len < HEADER) continue;
    struct slot *slot = &asker->slots[reply[1] & 63];
    if (slot->sent == 0 || slot->used != (unsigned)(reply[0] << 2 | reply[1] >> 6)) continue;
    slot->sent = 0;
    answered++;
    if ((reply[3] & 15) != 0 || (reply[6] | reply[7]) == 0) wrong++;
  }
}

static int read_questions(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat about;
  if (file < 0 || fstat(file, &about) != 0 || about.st_size == 0) return -1;
  void *octets = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (octets == MAP_FAILED) return -1;
  questions = next = octets;
  end = questions + about.st_size;
  for (const unsigned char *at = questions; at < end; at += 2 + (at[0] << 8 | at[1])) {
    if (end - at < 2 + HEADER || (at[0] << 8 | at[1]) > LONGEST || end - at < 2 + (at[0] << 8 | at[1])) return -1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: flood-asker PORT FILE SECONDS SOCKETS OUTSTANDING RATE MOST\n");
    return 2;
  }
  const int port = atoi(argv[1]);
  const double seconds = atof(argv[3]);
  const long rate = atol(argv[6]), most_answers = atol(argv[7]);
  sockets = atoi(argv[4]);
  slots = sockets < 1 ? 0 : atoi(argv[5]) / sockets;
  if (sockets < 1 || sockets > MOST_SOCKETS || slots < 1 || slots > MOST_SLOTS || rate < 0) {
    fprintf(stderr, "flood-asker: a number is out of range\n");
    return 2;
  }
  if (read_questions(argv[2]) != 0) {
    fprintf(stderr, "flood-asker: %s is no file of questions\n", argv[2]);
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < sockets; i++) {
    const int room = 1 << 20;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
      perror("flood-asker: socket");
      return 1;
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    askers[i].descriptor = descriptor;
    waiting[i] = (struct pollfd){.fd = descriptor, .events = POLLIN};
  }

  const int64_t start = now(), stop = start + (int64_t)(seconds * (double)SECOND);
  int64_t swept = start, moment = start;
  int first = 0; /* who asks first, where the rate is not enough for all */
  for (; moment < stop && (most_answers == 0 || answered < most_answers); moment = now()) {
    for (int i = 0; i < sockets; i++) {
      long most = rate == 0 ? MOST_SLOTS : (long)((double)(moment - start) / (double)SECOND * (double)rate) - asked;
      if (most > 0) ask(&askers[(first + i) % sockets], moment, rate == 0 ? most : (most < 4 ? most : 4));
    }
    first = (first + 1) % sockets;
    if (poll(waiting, (nfds_t)sockets, rate == 0 ? 100 : 1) > 0) {
      for (int i = 0; i < sockets; i++) {
        if (waiting[i].revents != 0) take(&askers[i]);
      }
    }
    if (moment - swept < PATIENCE / 10) continue;
    swept = moment;
    for (int i = 0; i < sockets * slots; i++) {
      struct slot *slot = &askers[i / slots].slots[i % slots];
      if (slot->sent == 0 || moment - slot->sent < PATIENCE) continue;
      slot->sent = 0;
      lost++;
    }
  }
  printf("{\"answered\":%ld,\"lost\":%ld,\"wrong\":%ld,\"seconds\":%.6f}\n", answered, lost, wrong,
         (double)(now() - start) / (double)SECOND);
  return 0;
}
