/** The program behind `dns2.ts`: `node dns2-program.js PORT ZONEFILE`. A plain dns2 server with its records in a Map. */
import { readFileSync } from 'node:fs';
import { createServer, Packet } from 'dns2';
import { ORIGIN } from '../zone.ts';

const [port, zoneFile = ''] = process.argv.slice(2);
const recordsOf = new Map<string, InstanceType<typeof Packet.Resource>[]>();
for (const line of readFileSync(zoneFile, 'utf8').split('\n')) {
  const [owner = '', , type, address = ''] = line.split(' ');
  if (type !== 'A') continue;
  const name = `${owner}.${ORIGIN}`;
  const question = new Packet.Question(name, Packet.TYPE.A, Packet.CLASS.IN);
  const record = Packet.createResourceFromQuestion(question, { ttl: 300, address });
  const records = recordsOf.get(name);
  if (records === undefined) recordsOf.set(name, [record]);
  else records.push(record);
}

const server = createServer({
  udp: true,
  handle: (request, send) => {
    const response = Packet.createResponseFromRequest(request);
    response.answers.push(...(recordsOf.get(request.questions[0]?.name ?? '') ?? []));
    send(response);
  },
});
await server.listen({ udp: { port: Number(port), address: '127.0.0.1' } });
