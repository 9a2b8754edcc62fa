import { setTimeout as pause } from 'node:timers/promises';

import type { KubeApi } from '../../support/kube/kube-api.ts';
import { quantile } from '../lanes/spread.ts';
import type { Asker } from './askers.ts';
import { startAsking } from './open-loop.ts';
import type { Asked } from './open-loop.ts';
import { processorSeconds } from './processors.ts';
import type { LoadWish, Question } from './questions.ts';

export interface Load {
  readonly name: string;
  readonly questionsOf: (wish: LoadWish) => Question[];
  /** Questions a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Of the same load before that, which do not count. */
  readonly warmSeconds: number;
  readonly askers: readonly Asker[];
}

export interface Ground extends Asked {
  /** Of the token service. */
  readonly pid: number;
  /** What has the other processor, beside who asks. */
  readonly beside: Readonly<Record<'apiServer' | 'etcd', number>>;
  readonly api: KubeApi;
}

/** Times in milliseconds. */
export interface Measured {
  readonly questions: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Questions without a token as the answer. */
  readonly refused: number;
  /** Of the questions, those of before included: for them the API server was asked whose token it is. */
  readonly reviewed: number;
  /** What the API server took by its own clock for all that it was asked about one token. Its part of a processor counts. */
  readonly apiServerMs: number;
  /** Of one processor. */
  readonly shares: Readonly<Record<Process, number>>;
}

export type Process = 'service' | 'apiServer' | 'etcd' | 'asker';

interface Used {
  readonly at: number;
  /** Processor time, in seconds. */
  readonly used: Measured['shares'];
}

/** One load on a running service. */
export async function measure(load: Load, ground: Ground): Promise<Measured> {
  const { questionsOf, rate, seconds, warmSeconds, askers } = load;
  const questions = questionsOf({ rate, seconds: warmSeconds + seconds, askers });
  // The API server works hard to tell its counts, so nobody asks for them while the questions are under way.
  const askedBefore = await askedOf(ground.api);
  const asking = startAsking(questions, ground);
  const pids = { service: ground.pid, ...ground.beside, asker: asking.pid };
  await pause(warmSeconds * 1000);
  const before = usedBy(pids);
  const answers = await asking.answers;
  const after = usedBy(pids);
  asking.end();
  const asked = await askedOf(ground.api);
  const reviews = asked.reviews - askedBefore.reviews;
  const counted = answers.filter(({ at }) => at >= warmSeconds * 1000);
  const times = counted.map(({ milliseconds }) => milliseconds);
  const elapsed = (after.at - before.at) / 1000;
  return {
    questions: counted.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: quantile(times, 1),
    refused: counted.filter(({ status }) => status !== 200).length,
    reviewed: reviews / questions.length,
    apiServerMs: ((asked.seconds - askedBefore.seconds) / reviews) * 1000,
    shares: {
      service: (after.used.service - before.used.service) / elapsed,
      apiServer: (after.used.apiServer - before.used.apiServer) / elapsed,
      etcd: (after.used.etcd - before.used.etcd) / elapsed,
      asker: (after.used.asker - before.used.asker) / elapsed,
    },
  };
}

/** The best of several rounds: what others did on the machine made each of them slower, and none faster. */
export function bestOf(rounds: readonly Measured[]): Measured {
  const [best] = rounds.toSorted((a, b) => a.refused - b.refused || a.p99 - b.p99);
  if (best === undefined) throw new Error('no round was run');
  return best;
}

function usedBy(pids: Readonly<Record<Process, number>>): Used {
  const used = {
    service: processorSeconds(pids.service),
    apiServer: processorSeconds(pids.apiServer),
    etcd: processorSeconds(pids.etcd),
    asker: processorSeconds(pids.asker),
  };
  return { at: performance.now(), used };
}

/** What the API server was asked so far, for the token service: TokenReviews, and the time that it took for these and for reads of pods and runs. */
async function askedOf(api: KubeApi): Promise<{ readonly reviews: number; readonly seconds: number }> {
  const { body } = await api.request({ method: 'GET', path: '/metrics' });
  const sumOf = (line: RegExp): number => [...body.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
  return {
    reviews: sumOf(/^apiserver_request_total\{[^}]*resource="tokenreviews"[^}]*\} (\S+)$/gm),
    seconds: sumOf(
      /^apiserver_request_duration_seconds_sum\{[^}]*resource="(?:tokenreviews|pods|taskruns|pipelineruns)"[^}]*subresource="",verb="(?:GET|POST)"[^}]*\} (\S+)$/gm,
    ),
  };
}
