import { once } from 'node:events';
import type { Server } from 'node:http';

import type { AccessRecord } from '../access-log.ts';
import { downloads } from '../access-log.ts';
import { mirrorServer } from '../server.ts';
import type { Stock } from './stock.ts';

/** A stock that pods can use. */
export interface ServedStock {
  /** Of the repository, without a slash at its end. */
  readonly url: string;
  /** Packages that it has sent so far. */
  readonly sent: () => number;
  readonly stop: () => void;
}

/** Serves at an address that pods reach, on a free port. */
export const serveStock = async (stock: Stock, address: string): Promise<ServedStock> => {
  const records: AccessRecord[] = [];
  const { name } = stock.repository('');
  const server: Server = mirrorServer(
    [{ name, answer: async (path) => await stock.repository(url).answer(path) }],
    (record) => void records.push(record),
  ).listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  const url: string = `http://${address}:${typeof bound === 'object' ? bound?.port : ''}/${name}`;
  return { url, sent: () => downloads(records).length, stop: () => void server.close() };
};
