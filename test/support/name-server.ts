import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A DNS server for one address: names that match get it, others do not exist. Answers its port and how to end it. */
export async function startNameServer(
  bind: string,
  { names, address }: { names: RegExp; address: string },
): Promise<{ port: number; stop(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = answerTo(query, { names, address });
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, bind);
  await once(socket, 'listening');
  return { port: socket.address().port, stop: () => socket.close() };
}

const HEADER = 12;
const TYPE_A = 1;

function answerTo(query: Buffer, { names, address }: { names: RegExp; address: string }): Buffer | undefined {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const end = at + 5;
  if (end > query.length) return undefined;
  const known = names.test(labels.join('.').toLowerCase());
  const found = known && query.readUInt16BE(at + 1) === TYPE_A;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(known ? 0x8180 : 0x8183, 2); // answer, recursion; no such name
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  if (!found) return head;
  // The name as a pointer to the question, type A, class IN, 5 seconds, four bytes.
  const record = [0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split('.').map(Number)];
  return Buffer.concat([head, Buffer.from(record)]);
}
