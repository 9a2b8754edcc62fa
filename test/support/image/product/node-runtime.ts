import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../fingerprint.ts';
import { sharedObjects } from '../shared-objects.ts';
import type { LayerEntries, LayerEntry } from '../tar-layer.ts';

/** Everything below the product: Node, what it is linked with, and the files that a C library and TLS look for. */
export interface NodeRuntime {
  /** Changes when the content does. */
  readonly key: string;
  readonly entries: () => Promise<LayerEntries>;
}

/** The pinned Node of the devDependency `node`, which is the official binary. */
export const nodeBinary = (): string => {
  const { resolve } = createRequire(import.meta.url);
  return join(resolve('node/package.json'), '..', 'bin', 'node');
};

export const text = (content: string): LayerEntry => ({ type: 'file', content: Buffer.from(content) });

export const USERS: readonly (readonly [string, LayerEntry])[] = [
  ['etc/passwd', text('root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n')],
  ['etc/group', text('root:x:0:\nnonroot:x:65532:\n')],
  ['etc/nsswitch.conf', text('passwd: files\ngroup: files\nhosts: files dns\n')],
  ['tmp', { type: 'directory', mode: 0o1777 }],
];

/** Starts Node without the variables that would change what it does. It is linked with the C library alone. */
export const ENV = 'usr/bin/env';

/** The authorities that this Node trusts by itself, for whoever asks for a file of them. */
export const authorities = (node: string): Promise<string> =>
  runCommand(node, ['--print', "require('node:tls').rootCertificates.join('\\n')"]);

export const nodeRuntime = async (): Promise<NodeRuntime> => {
  const node = nodeBinary();
  const objects = await sharedObjects(node);
  const recipe = await fingerprint([import.meta.filename]);
  return {
    key: `node-${await fingerprint([node, `/${ENV}`, ...objects], [recipe])}`,
    entries: async () => {
      const file = async (path: string): Promise<readonly [string, LayerEntry]> => [
        path.slice(1),
        { type: 'file', content: await readFile(path), executable: true },
      ];
      return new Map<string, LayerEntry>([
        ['usr/local/bin/node', { type: 'file', content: await readFile(node), executable: true }],
        [ENV, { type: 'file', content: await readFile(`/${ENV}`), executable: true }],
        ...(await Promise.all(objects.map(file))),
        ['etc/ssl/certs/ca-certificates.crt', text(await authorities(node))],
        ...USERS,
      ]);
    },
  };
};
