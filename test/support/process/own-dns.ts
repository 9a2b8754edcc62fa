import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../command.ts';

const ENTER = `
ip link set lo up
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
shift
exec "$@"
`;

/**
 * Runs a command where names are asked for at 127.0.0.1:53, and nowhere else: in a network namespace of its own, with its own
 * files of the C library. The command serves that port itself. Needs root. Returns its standard output.
 */
export const runWithOwnDns = async (...command: readonly string[]): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'own-dns-'));
  try {
    await writeFile(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\n');
    await writeFile(join(directory, 'nsswitch.conf'), 'hosts: files dns\n');
    const namespaces = ['--net', '--mount', '--propagation=private'];
    return await runCommand('unshare', [...namespaces, 'sh', '-ec', ENTER, 'sh', directory, ...command]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
