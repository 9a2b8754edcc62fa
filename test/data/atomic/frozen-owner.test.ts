/**
 * Owners of a workspace that stand still until another kernel takes them for dead, and then go on, as often as ATOMIC_FREEZES says: a frozen
 * pod, or a network file system that hangs. Who took over has what it wanted, whole; who was frozen changes nothing any more.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { putEntry } from '../../support/entry/built-entry.ts';
import { restoredFrom } from '../../support/entry/entry-at.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { hasStaging } from '../../support/transfer-process/staging-sign.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { version } from '../../support/tree/versions.ts';
import { writeItems } from '../../support/tree/write-items.ts';

const FREEZES = Number(process.env['ATOMIC_FREEZES'] ?? 2);
const program = (name: string): string =>
  fileURLToPath(new URL(`../../support/transfer-process/${name}-process.ts`, import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

function start(name: 'fetch' | 'upload', ...args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return { child, ended: once(child, 'close').then(() => ({ code: child.exitCode, errors })) };
}

/** Has a process of this kernel the lock of a directory, or is about to have it? */
function isHeld(dir: string, kernel: string): boolean {
  const state = join(dir, '.tekton-cache');
  const locks = fs.existsSync(state) ? fs.readdirSync(state).filter((name) => name.startsWith('lock.')) : [];
  return locks.some((name) => readIfThere(join(state, name)).includes(kernel));
}

function readIfThere(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe(`an owner that stands still until it is taken for dead (${FREEZES} times each)`, function () {
  this.timeout(60_000 + FREEZES * 20_000);
  let bench: FetchBench;
  const trees = { old: version('old', 60), new: version('newer', 60), third: version('the third', 60) };
  const pictures = { old: itemsPicture(trees.old), new: itemsPicture(trees.new), third: itemsPicture(trees.third) };
  const store = (): string => `oci:${join(bench.base, 'store')}`;

  before(async () => {
    bench = newFetchBench();
    for (const [name, items] of Object.entries(trees)) {
      await putEntry(bench.store, name, { items, frameBytes: 512 * 1024, layerItems: 1000 });
    }
  });
  after(() => bench.remove());

  /** Freezes what `child` does a while after a sign; another kernel fetches the third version; the frozen one goes on, at once or while that is done. */
  async function freeze(child: ChildProcess, dir: string, sign: () => boolean, delayMs: number): Promise<Ended> {
    while (child.exitCode === null && !sign()) await pause(1);
    await pause(delayMs);
    child.kill('SIGSTOP');
    const other = start('fetch', store(), 'third', dir, 'another-kernel');
    const goOn = async (): Promise<void> => {
      while (other.child.exitCode === null && !isHeld(dir, 'another-kernel')) await pause(1);
      await pause(Math.random() * 300);
      child.kill('SIGCONT');
    };
    const [ended] = await Promise.all([other.ended, goOn()]);
    return ended;
  }

  async function isWhole(dir: string, allowed: readonly (readonly string[])[], round: number): Promise<void> {
    const found = treePicture(dir);
    expect(
      allowed.some((picture) => picture.join() === found.join()),
      `round ${round}: a half tree`,
    ).to.equal(true);
    expect(hasStaging(dir), `round ${round}: staging is left`).to.equal(false);
    // A stat cache that told of another's files would make this a hit without them.
    await bench.fetch({ dir, reference: 'third', clean: true });
    expect(treePicture(dir), `round ${round}: a wrong stat cache`).to.deep.equal(pictures.third);
  }

  it('in a fetch: no file is lost, and nothing of it comes after what the next one restored', async () => {
    const ends = { lost: 0, done: 0 };
    for (let round = 0; round < FREEZES; round++) {
      const dir = join(bench.base, `fetch-${round}`);
      fs.mkdirSync(dir);
      await bench.fetch({ dir, reference: 'old' });
      const first = start('fetch', store(), 'new', dir, 'one-kernel');
      const sign = ['', 'commit'][round % 2] ?? '';
      const second = await freeze(
        first.child,
        dir,
        () => hasStaging(dir, sign),
        Math.random() * (sign === '' ? 150 : 30),
      );
      expect(second, `round ${round}`).to.deep.equal({ code: 0, errors: '' });
      const { code, errors } = await first.ended;
      if (code !== 0) expect(errors, `round ${round}`).to.include('Another process took over the directory');
      ends[code === 0 ? 'done' : 'lost'] += 1;
      await isWhole(dir, code === 0 ? [pictures.third, pictures.new] : [pictures.third], round);
      fs.rmSync(dir, { recursive: true });
    }
    console.log(`      taken over ${ends.lost} of ${FREEZES}; the others had ended, or had not begun`);
    expect(ends.lost).to.be.greaterThan(0);
  });

  it('in an upload: the tag is what it was, or all of what was there before', async () => {
    const ends = { lost: 0, done: 0 };
    for (let round = 0; round < FREEZES; round++) {
      const dir = join(bench.base, `upload-${round}`);
      writeItems(dir, trees.old);
      const target = `${store()}:upload-${round}`;
      const first = start('upload', target, dir, 'one-kernel');
      const second = await freeze(first.child, dir, () => isHeld(dir, 'one-kernel'), Math.random() * 250);
      expect(second, `round ${round}`).to.deep.equal({ code: 0, errors: '' });
      const { code, errors } = await first.ended;
      if (code !== 0) expect(errors, `round ${round}`).to.include('Another process took over the directory');
      ends[code === 0 ? 'done' : 'lost'] += 1;
      const stored = await restoredFrom(target, bench.base);
      const allowed = code === 0 ? [pictures.old.join(), pictures.third.join()] : [undefined, pictures.old.join()];
      expect(stored?.join(), `round ${round}: a half entry`).to.be.oneOf(allowed);
      await isWhole(dir, [pictures.third], round);
      fs.rmSync(dir, { recursive: true });
    }
    console.log(`      taken over ${ends.lost} of ${FREEZES}; the others had ended, or had not begun`);
  });
});
