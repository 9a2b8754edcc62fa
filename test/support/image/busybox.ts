import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import { runCommand } from '../command.ts';
import type { LayerEntry } from './tar-layer.ts';

const PACKAGE = 'busybox-static';

/** The static busybox of Debian, downloaded and unpacked once; it is not installed on the machine. */
export const busybox = async (): Promise<string> => {
  const directory = cacheDirectory('downloads', PACKAGE);
  const binary = join(directory, 'bin', 'busybox');
  if (existsSync(binary)) return binary;
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await runCommand('apt-get', ['download', '-o', 'APT::Sandbox::User=root', PACKAGE], { cwd: partial }).catch(() => {
      throw new Error(`Could not download ${PACKAGE}. Run "apt-get update" and try again.`);
    });
    const archive = (await readdir(partial)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get downloaded no package ${PACKAGE}`);
    await runCommand('dpkg-deb', ['-x', archive, 'root'], { cwd: partial });
    await rename(join(partial, 'root'), directory);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return binary;
};

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n';
const GROUP = 'root:x:0:\nnonroot:x:65532:\n';

const text = (content: string): LayerEntry => ({ type: 'file', content: Buffer.from(content) });

/** A root file system with a shell and the usual commands. */
export const shellEntries = async (): Promise<Map<string, LayerEntry>> => {
  const binary = await busybox();
  const applets = (await runCommand(binary, ['--list'])).trim().split('\n');
  return new Map<string, LayerEntry>([
    ['bin/busybox', { type: 'file', content: await readFile(binary), executable: true }],
    ...applets
      .filter((applet) => applet !== 'busybox')
      .map((applet): [string, LayerEntry] => [`bin/${applet}`, { type: 'link', to: 'busybox' }]),
    ['usr/bin/env', { type: 'link', to: '/bin/env' }],
    ['tmp', { type: 'directory', mode: 0o1777 }],
    ['root', { type: 'directory', mode: 0o700 }],
    ['etc/passwd', text(PASSWD)],
    ['etc/group', text(GROUP)],
  ]);
};
