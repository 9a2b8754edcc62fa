import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { runCommand } from '../command.ts';

/** Git repositories that pods, and Tekton's git resolver, clone from this machine. */
export interface GitServer {
  /** Address of a repository, by its name. */
  readonly url: (repository: string) => string;
  /** Makes files, by path, a commit on the branch `main` of a repository; returns its hash. */
  readonly commit: (repository: string, files: Readonly<Record<string, string>>) => Promise<string>;
  /** Makes a branch of what is on `main` of a repository. */
  readonly branch: (repository: string, name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const AUTHOR = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];

/** Serves on all addresses, by the protocol of `git daemon`: a client of it needs git alone. */
export async function startGitServer(address: string): Promise<GitServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tekton-cache-git-'));
  const args = ['daemon', '--inetd', '--export-all', `--base-path=${directory}`, directory];
  const server = net.createServer((socket) => {
    const daemon = spawn('git', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    // A client may hang up: git ends when its input does.
    for (const stream of [socket, daemon.stdin, daemon.stdout]) stream.on('error', () => socket.destroy());
    socket.pipe(daemon.stdin);
    daemon.stdout.pipe(socket);
  });
  server.listen(0);
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' ? listening?.port : undefined;
  return {
    url: (repository) => `git://${address}:${port}/${repository}`,
    commit: async (repository, files) => {
      const worktree = join(directory, repository);
      const git = async (...command: readonly string[]): Promise<string> =>
        (await runCommand('git', ['-C', worktree, ...AUTHOR, ...command])).trim();
      await mkdir(worktree, { recursive: true });
      await git('init', '--quiet', '--initial-branch=main');
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(worktree, path)), { recursive: true });
        await writeFile(join(worktree, path), content);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--message=bench');
      return await git('rev-parse', 'HEAD');
    },
    branch: async (repository, name) => {
      await runCommand('git', ['-C', join(directory, repository), 'branch', name]);
    },
    stop: async () => {
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
