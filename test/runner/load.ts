import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** Spins until the process that started it is gone, however that ends. */
const SPIN = `
const parent = process.ppid;
while (process.ppid === parent) for (let n = 0; n < 1e8; n++);
`;

/** Keeps every core busy with a process of its own. Returns how to end that. */
export const startLoad = (cores = availableParallelism()): (() => Promise<void>) => {
  const spinning = Array.from({ length: cores }, () => {
    const child = spawn(process.execPath, ['-e', SPIN], { stdio: 'ignore' });
    // One that somebody else ended is as welcome.
    return { child, ended: once(child, 'exit') };
  });
  return async () => {
    for (const { child } of spinning) child.kill('SIGKILL');
    await Promise.all(spinning.map(({ ended }) => ended));
  };
};
