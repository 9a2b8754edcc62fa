/**
 * A process that asks a registry by a name, with a name server of its own: `ask-own-dns.ts NAME RCODE`. It has to run in a network
 * namespace where 127.0.0.1:53 is free, and where /etc/resolv.conf names it. Prints the error, and how often the name was asked for.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';

import { openStore } from '../../../../shared/store/open-store.ts';

/** RFC 1035: the type of a question for an IPv4 address. */
const TYPE_A = 1;
const [, , name = '', rcode = '0'] = process.argv;

let questions = 0;
const server = createSocket('udp4', (query, { port, address }) => {
  // The question ends with its type and its class; there is nothing behind it but what EDNS adds.
  const end = query.indexOf(0, 12) + 5;
  if (query.readUInt16BE(end - 4) === TYPE_A) questions++;
  const answer = Buffer.from(query.subarray(0, end));
  answer.writeUInt16BE(0x8180 | Number(rcode), 2);
  answer.fill(0, 6, 12);
  server.send(answer, port, address);
});
server.bind(53, '127.0.0.1');
await once(server, 'listening');

const { store } = openStore(`${name}/app`, { retry: { attempts: 3, baseMs: 1, capMs: 1 } });
const error = await store.headManifest('v1').then(
  () => undefined,
  (reason: unknown) => reason,
);
await store.close();
server.close();
process.stdout.write(JSON.stringify({ message: error instanceof Error ? error.message : 'none', questions }));
