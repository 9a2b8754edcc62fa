import { readFile, truncate } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { apiServer } from '../components/api-server.ts';
import { etcd } from '../components/etcd.ts';
import { killComponent, startComponent } from '../machine/component.ts';
import { FILES } from '../machine/directories.ts';
import { readState } from '../state.ts';
import type { Outage } from './outage.ts';

/** Runs inside of the cluster's namespaces: `MILLISECONDS [etcd]`. Prints the `Outage`. */

/** A line that the dead process had half written would be one with the first line of the next process. */
const cutHalfLine = async (file: string): Promise<void> => {
  const content = await readFile(file);
  const end = content.lastIndexOf('\n') + 1;
  if (end < content.length) await truncate(file, end);
};

const [awayMs, also] = process.argv.slice(2);
const tools = (await readState())?.local?.tools.kubernetes;
if (awayMs === undefined || tools === undefined) throw new Error('usage: crash-and-start.ts MILLISECONDS [etcd]');
// Who interrupts a bench is not to be left with a cluster without an API server.
process.on('SIGINT', () => undefined);

const parts = [...(also === 'etcd' ? [etcd()] : []), apiServer(tools)];
const killedAt = Date.now();
await Promise.all(parts.map(({ name }) => killComponent(name)));
await cutHalfLine(FILES.auditLog);
await pause(Number(awayMs));
for (const part of parts) await startComponent(part);
const outage: Outage = { killedAt, readyAt: Date.now() };
process.stdout.write(JSON.stringify(outage));
