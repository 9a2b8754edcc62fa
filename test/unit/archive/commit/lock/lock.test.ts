import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DirectoryLock } from '../../../../../shared/archive/commit/lock/lock.ts';
import { patient } from '../../../../support/patience.ts';

const LOCK = new URL('../../../../../shared/archive/commit/lock/lock.ts', import.meta.url).href;

/** A process that runs a script with `DirectoryLock` and `fs` at hand. */
function contender(script: string): ChildProcess {
  const source = `import { DirectoryLock } from ${JSON.stringify(LOCK)}; import * as fs from 'node:fs'; ${script}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('the lock of a directory', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('leaves nothing behind when it is released', async () => {
    const lock = await DirectoryLock.acquire({ dir });
    expect(lock.isHeld()).to.equal(true);
    await lock.release();
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('is passed on when it is released', async () => {
    const order: string[] = [];
    const first = await DirectoryLock.acquire({ dir });
    const second = DirectoryLock.acquire({ dir, onWait: () => order.push('waits') }).then((lock) => {
      order.push('second');
      return lock.release();
    });
    const third = DirectoryLock.acquire({ dir }).then((lock) => {
      order.push('third');
      return lock.release();
    });
    while (order.length === 0) await new Promise((resolve) => setImmediate(resolve));
    order.push('release');
    await first.release();
    await Promise.all([second, third]);
    expect(order.slice(0, 2)).to.deep.equal(['waits', 'release']);
    expect(order.slice(2).toSorted()).to.deep.equal(['second', 'third']);
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('is free as soon as its owner is killed', async () => {
    const owner = contender(
      `await DirectoryLock.acquire({ dir: ${JSON.stringify(dir)} }); console.log('held'); setInterval(() => {}, 1000);`,
    );
    await once(owner.stdout!, 'data');
    const waits = Promise.withResolvers<void>();
    const signal = AbortSignal.timeout(patient(15_000));
    const waiting = DirectoryLock.acquire({ dir, onWait: waits.resolve, signal });
    await Promise.race([waits.promise, waiting.then(() => expect.fail('two owners'))]);
    owner.kill('SIGKILL');
    await (await waiting).release();
  });

  it('is waited for until the deadline, whose reason it throws', async () => {
    const lock = await DirectoryLock.acquire({ dir });
    const reason = new Error('max-time');
    const controller = new AbortController();
    const waiting = DirectoryLock.acquire({ dir, onWait: () => controller.abort(reason), signal: controller.signal });
    expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
    expect(lock.isHeld()).to.equal(true);
    await lock.release();
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('is kept by an owner on another node while its heart beats, and lost when it stops', async () => {
    const file = join(dir, 'lock.4');
    let beat = 0;
    const write = (): void =>
      writeFileSync(file, JSON.stringify({ boot: 'another', socket: 'socket.0123456789abcdef', beat: beat++ }));
    write();
    const heartbeat = { everyMs: 20, deadAfterMs: 300 };
    // The owner's heart beats on a clock that only the contender's waits move on.
    const lastBeatAt = 5000;
    let now = 0;
    const clock = {
      now: () => now,
      pause: async (milliseconds: number) => {
        now += milliseconds;
        if (now <= lastBeatAt && now % 280 === 0) write();
      },
    };
    const lock = await DirectoryLock.acquire({ dir, terms: { heartbeat, clock } });
    expect(beat, 'beats').to.equal(1 + Math.floor(lastBeatAt / 280));
    expect(now - lastBeatAt).to.be.within(heartbeat.deadAfterMs - 280, heartbeat.deadAfterMs + heartbeat.everyMs);
    await lock.release();
  });

  describe('whose owner stood still for too long', () => {
    const heartbeat = { everyMs: 1_000_000, deadAfterMs: 30_000 };
    let now: number;
    /** Time passes where it is waited for, as by who watches an owner that is silent. */
    const clock = {
      now: () => now,
      pause: async (milliseconds: number) => {
        now += milliseconds;
      },
    };
    const contend = (boot: string): Promise<DirectoryLock> =>
      DirectoryLock.acquire({ dir, terms: { boot, heartbeat, clock } });
    beforeEach(() => {
      now = 0;
    });

    it('is still its own when nobody came, under another number', async () => {
      const lock = await contend('one');
      const before = readdirSync(dir);
      now += heartbeat.deadAfterMs;
      expect(lock.isHeld()).to.equal(true);
      expect(readdirSync(dir)).not.to.deep.equal(before);
      await lock.release();
      expect(readdirSync(dir)).to.deep.equal([]);
    });

    it('is lost to it for good when another one came, which it leaves alone', async () => {
      const frozen = await contend('one');
      const next = await contend('another');
      now += heartbeat.deadAfterMs;
      expect(frozen.isHeld()).to.equal(false);
      expect(next.isHeld()).to.equal(true);
      await frozen.release();
      expect(next.isHeld()).to.equal(true);
      await next.release();
      expect(frozen.isHeld()).to.equal(false);
      expect(readdirSync(dir)).to.deep.equal([]);
    });

    it('is lost to it when the directory has gone, and it hears of that where it asks', async () => {
      const frozen = await contend('one');
      rmSync(dir, { recursive: true });
      now += heartbeat.deadAfterMs;
      expect(frozen.isHeld()).to.equal(false);
      expect(frozen.isHeld()).to.equal(false);
      await frozen.release();
    });

    it('is lost to it when another one has come and gone', async () => {
      const frozen = await contend('one');
      await (await contend('another')).release();
      now += heartbeat.deadAfterMs;
      expect(frozen.isHeld()).to.equal(false);
      await frozen.release();
      expect(readdirSync(dir)).to.deep.equal([]);
    });
  });

  it('shows its own heartbeat', async () => {
    const lock = await DirectoryLock.acquire({ dir, terms: { heartbeat: { everyMs: 5, deadAfterMs: 1000 } } });
    const file = join(dir, `lock.${lock.number}`);
    const first = readFileSync(file, 'utf8');
    while (readFileSync(file, 'utf8') === first) await new Promise((resolve) => setTimeout(resolve, 5));
    await lock.release();
  });

  it('clears away what a contender left that was killed before it had a number', async () => {
    const script = `
      const { number } = await DirectoryLock.acquire({ dir: ${JSON.stringify(dir)} });
      fs.rmSync(${JSON.stringify(dir)} + '/lock.' + number);
      process.kill(process.pid, 'SIGKILL');`;
    await once(contender(script), 'exit');
    const left = readdirSync(dir);
    expect(left).to.have.length(1);
    const later = Date.now() / 1000 + 60;
    for (const name of left) utimesSync(join(dir, name), later, later);
    await (await DirectoryLock.acquire({ dir })).release();
    expect(readdirSync(dir), 'one that may be about to listen').to.deep.equal(left);
    for (const name of left) utimesSync(join(dir, name), 1e9, 1e9);
    await (await DirectoryLock.acquire({ dir })).release();
    expect(readdirSync(dir)).to.deep.equal([]);
  });

  it('works below a path that no socket address could hold', async () => {
    const deep = join(dir, ...Array.from({ length: 10 }, () => 'd'.repeat(100)));
    mkdirSync(deep, { recursive: true });
    const first = await DirectoryLock.acquire({ dir: deep });
    let second: Promise<DirectoryLock> | undefined;
    await new Promise<void>((resolve) => {
      second = DirectoryLock.acquire({ dir: deep, onWait: resolve });
    });
    await first.release();
    await (await second)?.release();
    expect(readdirSync(deep)).to.deep.equal([]);
  });

  it('lets one process in at a time, whoever is killed', async function () {
    this.timeout(60_000);
    const inside = join(dir, 'inside');
    const locks = join(dir, 'locks');
    mkdirSync(locks);
    const script = `
      const inside = ${JSON.stringify(inside)};
      for (let round = 0; round < 15; round++) {
        const lock = await DirectoryLock.acquire({ dir: ${JSON.stringify(locks)} });
        fs.writeFileSync(inside, String(process.pid), { flag: 'wx' });
        await new Promise((resolve) => setTimeout(resolve, 1));
        fs.rmSync(inside);
        if (round === 7 && process.pid % 3 === 0) process.kill(process.pid, 'SIGKILL');
        await lock.release();
      }`;
    const contenders = Array.from({ length: 8 }, () => contender(script));
    const ended = contenders.map((child) => once(child, 'exit'));
    for (const [index, child] of contenders.entries()) {
      await ended[index];
      expect(child.exitCode === 0 || child.signalCode === 'SIGKILL', 'two were inside').to.equal(true);
    }
    const lock = await DirectoryLock.acquire({ dir: locks, signal: AbortSignal.timeout(patient(10_000)) });
    await lock.release();
    expect(readdirSync(locks)).to.deep.equal([]);
  });
});
