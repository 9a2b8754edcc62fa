// The first step of every command of a fresh clone. Plain JavaScript for any Node that npm brings along:
// after it, `node_modules/.bin/node` is the Node that the project is written for.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const installed = `${root}/node_modules/.package-lock.json`;
const lock = `${root}/package-lock.json`;

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  // npm warns of its own Node, which is not the one that runs the project.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.stderr.write('npm ci failed: the npm registry must be reachable to install the dependencies.\n');
    process.exit(1);
  }
}
