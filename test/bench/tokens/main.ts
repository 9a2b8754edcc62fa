/**
 * The token service on one processor: how long questions wait, at 200 a second and at the most that it can do.
 *
 *   npm run bench:tokens [-- --rounds N] [--seconds N] [--pods N] [--note TEXT] [--out FILE]
 *   npm run bench:tokens -- --case frequent|passing|strangers [...]
 *
 * With `--case` it measures that case alone, at 200 a second, and says each round on standard error; no page is written.
 *
 * API server, etcd and the token service are real processes of the bench's own; the pods are objects that run nothing, with tokens that the API
 * server signed. The service has one processor for itself, by taskset; API server, etcd and who asks (`test/tools/asker`) have the other.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadavg, cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { issueCertificate, newAuthority } from '../../../controller/certificates/authority.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { startTokenService } from '../../support/product/registry/token-service-process.ts';
import { writePage } from '../report/page.ts';
import { createAskers } from './askers.ts';
import { startControlPlane } from './control-plane.ts';
import { bestOf, measure } from './measured.ts';
import type { Load, Measured } from './measured.ts';
import { pinTo } from './processors.ts';
import { frequentPods, passingPods, strangers } from './questions.ts';
import { tokenPage } from './page.ts';
import type { CaseReport } from './page.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    pods: { type: 'string', default: '1500' },
    note: { type: 'string', default: '' },
    case: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/tokens.md') },
  },
});

const RATE = 200;
const GOAL_MS = 50;
/** Tried one after the other, until the goal is missed. */
const RATES = [300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000];
const TRY_SECONDS = 15;
const WARM_SECONDS = 12;
const TOKENS_OF_POD = 4;
/** A token is a stranger again when its answer is no longer kept, 10 s after it was asked for. */
const FORGOTTEN_S = 11;
const [SERVICE_CORE, OTHER_CORE] = [1, 0];

const say = (line: string): void => void process.stderr.write(`${line}\n`);

await pinTo(OTHER_CORE, process.pid);
const program = join(await toolSet('asker', say), 'asker');
const directory = await temporaryDirectory();
const { cluster, pids, collectGarbage, stop } = await startControlPlane(OTHER_CORE, say);
try {
  say(`makes ${values.pods} pods, with ${TOKENS_OF_POD} tokens each`);
  const pods = Number(values.pods);
  const askers = await createAskers({ api: cluster.api, namespace: 'team', pods, tokensOfPod: TOKENS_OF_POD });
  const validity = { days: 1, now: new Date() };
  const authority = newAuthority('bench', validity);
  const names = ['127.0.0.1'];
  const served = issueCertificate(authority, { subject: 'token service', usage: 'server', names, ...validity });
  await writeFile(join(directory.path, 'authority.crt'), authority.certificate);
  const files = { cert: served.certificate, key: served.key };
  const once = async (load: Load): Promise<Measured> => {
    // A new process: nobody's answers are kept, and its own token is not about to expire.
    const service = await startTokenService(cluster, { core: SERVICE_CORE, tls: files });
    try {
      await collectGarbage();
      const port = Number(new URL(service.realm).port);
      const asked = { program, core: OTHER_CORE, port, authority: join(directory.path, 'authority.crt') };
      const measured = await measure(load, { ...asked, pid: service.pid, beside: pids, api: cluster.api });
      say(`${load.name}, ${load.rate}/s: ${JSON.stringify(measured)}`);
      return measured;
    } finally {
      await service.stop();
    }
  };

  const strangersRate = askers.length / FORGOTTEN_S;
  const cases: readonly (Pick<Load, 'name' | 'questionsOf'> & { readonly word: string; readonly mostRate: number })[] =
    [
      { word: 'frequent', name: 'few pods that ask all the time', questionsOf: frequentPods, mostRate: Infinity },
      {
        word: 'passing',
        name: 'pods that come and go, four questions each',
        questionsOf: passingPods,
        mostRate: Infinity,
      },
      {
        word: 'strangers',
        name: 'each question by a token not seen before',
        questionsOf: strangers,
        mostRate: strangersRate,
      },
    ].filter(({ word }) => values.case === undefined || values.case === word);
  const begun = loadavg()[0] ?? 0;
  const reports: CaseReport[] = [];
  for (const { word: _, mostRate, ...one } of cases) {
    const load = { ...one, askers, warmSeconds: WARM_SECONDS };
    const rounds: Measured[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      rounds.push(await once({ ...load, rate: RATE, seconds: Number(values.seconds) }));
    }
    if (values.case !== undefined) continue;
    const best = bestOf(rounds);
    let most = best.p99 <= GOAL_MS && best.refused === 0 ? RATE : 0;
    let next: Measured | undefined;
    for (const rate of RATES.filter((tried) => most > 0 && tried <= mostRate)) {
      next = await once({ ...load, rate, seconds: TRY_SECONDS });
      if (next.p99 > GOAL_MS || next.refused > 0) break;
      most = rate;
    }
    reports.push({ name: one.name, rate: RATE, best, rounds, most, ...(next === undefined ? {} : { next }) });
  }
  if (values.case === undefined) {
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
    await writePage(
      values.out,
      tokenPage(
        {
          machine,
          processors: cpus().length,
          load: begun,
          note: values.note,
          seconds: Number(values.seconds),
          goalMs: GOAL_MS,
          pods,
        },
        reports,
      ),
    );
  }
} finally {
  cluster.close();
  await stop();
  await directory.remove();
}
