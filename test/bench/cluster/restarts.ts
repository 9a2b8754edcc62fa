/**
 * How soon a new run is begun after a restart: of the API server under load, of etcd with it, and of the controller.
 *
 *   npm run bench:restarts [-- --rounds N] [--etcd-rounds N] [--kills N] [--load N] [--away MILLISECONDS] [--out FILE]
 *
 * Everything is real, the node too. It kills the control plane of the cluster of the bench: nobody else may use that meanwhile.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { crashApiServer } from '../../support/cluster/control-plane/outage.ts';
import { API_SERVER_URL } from '../../support/cluster/machine/addresses.ts';
import { answersOk } from '../../support/cluster/machine/probe.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import { until } from '../../support/deadline.ts';
import { openProduct } from '../../support/product/product.ts';
import type { Product } from '../../support/product/product.ts';
import { median, showMilliseconds as ms } from '../lanes/spread.ts';
import { writePage } from '../report/page.ts';
import { StubbornRuns, timesOf } from './stubborn-runs.ts';
import type { MadeRun, Name } from './stubborn-runs.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    'etcd-rounds': { type: 'string', default: '2' },
    kills: { type: 'string', default: '10' },
    load: { type: 'string', default: '20' },
    away: { type: 'string', default: '5500' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/restarts.md') },
  },
});

/** One restart, and who waited for it. */
interface Restart {
  /** When the wait begins, in milliseconds since the epoch. */
  readonly since: number;
  /** Made after `since`, as soon as the API server took it; or just before, where the API server was there. */
  readonly first: MadeRun;
  /** Made while nobody could take them. */
  readonly others: readonly MadeRun[];
  /** A request for our resolver, made with the first run. */
  readonly request: Name;
}

const NAMESPACES = 4;
/** Runs that are under way when the controller dies. */
const UNDER_WAY = 2;
/** Those of an installation. Schedulers and kubelets look for an API server that was away less often than the deadlines of the tests bear. */
const DEADLINES = { 'scheduling-deadline': '5m', 'start-deadline': '3m' };

const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
const product = await openProduct(DEADLINES);
if (!product) throw new Error('this needs the cluster of the bench: npm run cluster -- up');
const { cluster } = product;
const spaces = await Promise.all(
  Array.from({ length: NAMESPACES }, async () => await createTestNamespace(cluster.api, { prefix: 'restarts' })),
);
const runs = new StubbornRuns({
  api: cluster.api,
  namespaces: spaces.map(({ name }) => name),
  target: `${product.registry}/restarts:none`,
});
try {
  await Promise.all(spaces.map(async (space) => await space.createClaim('cache')));
  // The first one pulls the image.
  await runs.ends([await runs.createOne('warm')]);

  const first = product.controller;
  const outages: Restart[] = [];
  for (let at = 0; at < Number(values.rounds); at += 1) outages.push(await apiServerDies(`api-${at}`, false));
  const withEtcd: Restart[] = [];
  for (let at = 0; at < Number(values['etcd-rounds']); at += 1) withEtcd.push(await apiServerDies(`etcd-${at}`, true));
  const lived = first.isAlive();
  const kills: Restart[] = [];
  for (let at = 0; at < Number(values.kills); at += 1) kills.push(await controllerDies(product, `kill-${at}`));
  await runs.ends(runs.made);

  const events = await cluster.auditLog.read();
  const waits = (restarts: readonly Restart[]) =>
    restarts.map((one) => timesOf(events, one.first).firstStatus - one.since);
  const answers = (restarts: readonly Restart[]) =>
    restarts.map((one) => timesOf(events, one.request).firstStatus - one.since);
  const all = [...outages, ...withEtcd];
  // The status may be there before the answer to the create.
  const others = all.flatMap((one) =>
    one.others.map((run) => Math.max(0, timesOf(events, run).firstStatus - run.takenAt)),
  );
  const ends = outages.map((one) => timesOf(events, one.first).lastStatus - one.since);
  const gone = waitsAfterGone(first.log());
  const { lost, twice, failed } = await runs.fates(events);
  await writePage(
    values.out,
    page([
      ['from the answer of the API server to the first status of a new run, median', middle(waits(outages)), ''],
      ['the same, the slowest', slowest(waits(outages)), '10 s'],
      ['of this, until the API server took the run, the slowest', slowest(outages.map(takenMs)), ''],
      ['the same where etcd was killed as well, the slowest', slowest(waits(withEtcd)), '10 s'],
      ["the same to our resolver's answer to a new request, the slowest", slowest(answers(all)), '10 s'],
      [
        `from the create of a run that was tried meanwhile to its first status, the slowest of ${others.length}`,
        slowest(others),
        '10 s',
      ],
      ['from the answer of the API server to the end of the new run, median', middle(ends), ''],
      ['watches of the controller that ended with 410', gone.length, ''],
      ['the longest wait of one of these before it listed again', slowest(gone), '0 ms'],
      ['the controller lived through all this', lived ? 'yes' : 'no', 'yes'],
      ['from the start of the controller to the first status of a new run, median', middle(waits(kills)), ''],
      ['the same, the slowest', slowest(waits(kills)), '5 s'],
      ["the same to our resolver's answer to a new request, the slowest", slowest(answers(kills)), '5 s'],
      ['runs in all', runs.made.length, ''],
      ['lost', lost, '0'],
      ['done twice', twice, '0'],
      ['failed', failed, '0'],
    ]),
  );
} finally {
  await Promise.all(spaces.map(async (space) => await space.delete()));
  await product.close();
  await borrowed.giveBack();
}

/** Half of the load is under way when the API server dies, the other half is made while it is away. */
async function apiServerDies(name: string, etcd: boolean): Promise<Restart> {
  const half = Math.ceil(Number(values.load) / 2);
  await runs.create(`${name}-before`, half);
  const [restart, others] = await Promise.all([
    crashApiServer({ awayMs: Number(values.away), etcd }).then(async ({ killedAt, readyAt: since }) => {
      const [first, request] = await Promise.all([runs.createOne(`${name}-new`), runs.ask(name)]);
      const restart = { since, first, request };
      process.stderr.write(
        `${name}: away for ${ms(since - killedAt)}, a new run taken after ${ms(takenMs(restart))}\n`,
      );
      return restart;
    }),
    isAway().then(async () => await runs.create(`${name}-meanwhile`, half)),
  ]);
  await runs.ends([restart.first]);
  return { ...restart, others };
}

async function isAway(): Promise<void> {
  const url = `${API_SERVER_URL}/readyz`;
  await until('the API server to be away', 30_000, async () => !(await answersOk(url)), 20);
}

async function controllerDies(of: Product, name: string): Promise<Restart> {
  await runs.create(`${name}-before`, UNDER_WAY);
  await of.controller.stop('SIGKILL');
  const [first, request] = await Promise.all([runs.createOne(`${name}-new`), runs.ask(name)]);
  const since = Date.now();
  of.controller = await of.startController();
  await runs.ends([first]);
  process.stderr.write(`${name}: ended ${ms(Date.now() - since)} after the start of the controller\n`);
  return { since, first, request, others: [] };
}

/** How long watches that ended with 410 (Gone) waited before they listed again, by the log of the controller. */
function waitsAfterGone(log: string): readonly number[] {
  const lines = log.split('\n').filter((line) => line.includes('"lost the watch; trying again"') && line.endsWith('}'));
  return lines.flatMap((line) => {
    const { error, waitMs }: { readonly error: string; readonly waitMs: number } = JSON.parse(line);
    return error.includes(': 410: ') ? [waitMs] : [];
  });
}

/** From the answer until the new run was taken. */
function takenMs({ since, first }: Pick<Restart, 'since' | 'first'>): number {
  return first.takenAt - since;
}

function middle(milliseconds: readonly number[]): string {
  return milliseconds.length === 0 ? 'none' : ms(median(milliseconds));
}

function slowest(milliseconds: readonly number[]): string {
  return milliseconds.length === 0 ? 'none' : ms(Math.max(...milliseconds));
}

function page(rows: readonly (readonly [string, string | number, string])[]): string {
  return `# Restarts

The API server was killed ${values.rounds} times and started again ${Number(values.away) / 1000} s later, and ${values['etcd-rounds']} times more together with etcd. Each time ${values.load} runs in ${NAMESPACES} namespaces were the load: half were
under way, half were made while it was away; a new run was made when its \`/readyz\` answered. Then the controller was killed ${values.kills} times in a row, with runs under way. API server, Tekton, node and
controller are real. \`npm run bench:restarts\` measures it anew. Until a run ends, its pod waits for the
scheduler and the kubelet, which look for an API server that was away less often than the controller does.

| | measured | goal |
|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}
