import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';
import { freePort } from '../free-port.ts';

/** Git repositories that pods, and Tekton's git resolver, clone from this machine. */
export interface GitServer {
  /** Address of a repository, by its name. */
  readonly url: (repository: string) => string;
  /** Makes files, by path, a commit on the branch `main` of a repository; returns its hash. */
  readonly commit: (repository: string, files: Readonly<Record<string, string>>) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const AUTHOR = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];

/** Serves on all addresses, by the protocol of `git daemon`: a client of it needs git alone. */
export async function startGitServer(address: string): Promise<GitServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tekton-cache-git-'));
  const port = await freePort();
  const args = ['daemon', '--reuseaddr', '--export-all', `--port=${port}`, `--base-path=${directory}`, directory];
  const daemon = spawn('git', args, { stdio: 'ignore' });
  const ended = once(daemon, 'close');
  await until('the git server', 10_000, async () => await answers(port));
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
    stop: async () => {
      // git ends the server that it started.
      daemon.kill();
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
