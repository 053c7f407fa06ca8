// A process of its own that answers every datagram with its own octets, QR set, and spends as much CPU time on each as it is told:
// `node storm-sink.js PORT MICROSECONDS`. What a storm costs when it rages at somebody else.
import { createSocket } from 'node:dgram';
import { READY } from './storm-load.ts';

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
const budgetMicroseconds = Number(process.argv[3]);
let received = 0;

socket.on('message', (octets, { address, port }) => {
  received++;
  octets[2] = (octets[2] ?? 0) | 0x80;
  socket.send(octets, port, address, () => {});
  const due = received * budgetMicroseconds;
  for (;;) {
    const { system, user } = process.cpuUsage(atStart);
    if (system + user >= due) return;
  }
});
const atStart = process.cpuUsage();
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log(READY));
