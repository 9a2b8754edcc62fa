import { readFile } from 'node:fs/promises';

import { appendAccess } from './access-log.ts';
import { unconfiguredRepository } from './answer.ts';
import { FileStore } from './file-store.ts';
import { goRepository } from './go-repository.ts';
import { npmRepository } from './npm-repository.ts';
import { mirrorServer } from './server.ts';
import type { Upstreams } from './upstreams.ts';

/** Configuration of the process, as JSON in the file that its only argument names. */
export interface MirrorConfiguration {
  readonly address: string;
  readonly port: number;
  readonly directory: string;
  readonly accessLog: string;
  readonly upstreams: Upstreams;
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: main.ts CONFIGURATION');
const { address, port, directory, accessLog, upstreams }: MirrorConfiguration = JSON.parse(
  await readFile(file, 'utf8'),
);
const store = new FileStore(directory);
const base = `http://${address}:${port}/npm`;
const { npm, go } = upstreams;
const repositories = [
  'url' in npm ? npmRepository({ upstream: npm.url, base, store }) : unconfiguredRepository('npm', npm.missing),
  'url' in go ? goRepository({ upstream: go.url, store }) : unconfiguredRepository('go', go.missing),
];
mirrorServer(repositories, (record) => appendAccess(accessLog, record)).listen(port, address);
