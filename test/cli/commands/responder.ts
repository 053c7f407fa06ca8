import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** What a throw-away server answers: RCODE, TC, and the records as [TYPE, RDATA octets], all owned by QNAME. */
export interface Script {
  readonly rcode?: number;
  readonly isTruncated?: boolean;
  readonly records?: readonly (readonly [type: number, rdata: readonly number[]])[];
}

/** A server of hand-made octets on a port of `address` that the system chose. */
export interface Responder {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a server over UDP and TCP; `answer` says what the next answer is, or nothing to keep silent. */
export async function startResponder(
  answer: (transport: 'udp' | 'tcp') => Script | undefined,
  address = '127.0.0.1',
): Promise<Responder> {
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    let octets = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      octets = Buffer.concat([octets, chunk]);
      if (octets.length < 2 || octets.length < 2 + octets.readUInt16BE(0)) return;
      const script = answer('tcp');
      if (script === undefined) return void socket.end();
      const reply = compose(octets.subarray(2), script);
      socket.write(Buffer.from([reply.length >> 8, reply.length & 0xff]));
      socket.write(reply);
    });
  });
  tcp.listen(0, address);
  await once(tcp, 'listening');
  const bound = tcp.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', (query, peer) => {
    const script = answer('udp');
    if (script !== undefined) udp.send(compose(query, script), peer.port, peer.address);
  });
  udp.bind(bound.port, address);
  await once(udp, 'listening');
  return {
    port: bound.port,
    close: async () => {
      udp.close();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** The header and question of the query, and records whose owner is a pointer to the question. */
function compose(query: Uint8Array, { rcode = 0, isTruncated = false, records = [] }: Script): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const header = [
    query[0] ?? 0,
    query[1] ?? 0,
    0x84 | (isTruncated ? 2 : 0),
    rcode,
    0,
    1,
    0,
    records.length,
    0,
    0,
    0,
    0,
  ];
  const answers = records.flatMap(([type, rdata]) => [
    0xc0,
    12,
    0,
    type,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    rdata.length,
    ...rdata,
  ]);
  return Buffer.from([...header, ...question, ...answers]);
}
