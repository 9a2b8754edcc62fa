import type { Asker } from './askers.ts';

export interface Question {
  /** Milliseconds from the begin of the load. */
  readonly at: number;
  readonly asker: Asker;
  readonly what: 'scope' | 'pull' | 'push';
}

export interface LoadWish {
  /** Questions a second, on average; they come as they like, as those of many pods do (Poisson). */
  readonly rate: number;
  readonly seconds: number;
  readonly askers: readonly Asker[];
  /** Between 0 and 1. */
  readonly random?: () => number;
}

/** Pods that ask as often as a pod may in the long run: no load finds more of its answers kept. */
const OFTEN_PER_SECOND = 1.8;
/** A fetch asks for its scope and for a token, an upload after the build does so again. */
const OF_ONE_POD: readonly (readonly [atMs: number, what: Question['what']])[] = [
  [0, 'scope'],
  [300, 'pull'],
  [2000, 'scope'],
  [2300, 'push'],
];

/** Few pods, each of which asks again and again. */
export function frequentPods({ askers, ...wish }: LoadWish): Question[] {
  const few = askers.slice(0, Math.max(1, Math.round(wish.rate / OFTEN_PER_SECOND)));
  return arrivals(wish).map((at, number) => ({ at, asker: askerAt(few, number), what: 'push' }));
}

/** Pods that come and go; each asks four times. */
export function passingPods({ askers, rate, ...wish }: LoadWish): Question[] {
  const questions = arrivals({ ...wish, rate: rate / OF_ONE_POD.length }).flatMap((begin, number) =>
    OF_ONE_POD.map(([after, what]) => ({ at: begin + after, asker: askerAt(askers, number), what })),
  );
  return questions.filter(({ at }) => at < wish.seconds * 1000).toSorted((a, b) => a.at - b.at);
}

/** Each question by a token that the service does not know. */
export function strangers({ askers, ...wish }: LoadWish): Question[] {
  return arrivals(wish).map((at, number) => ({ at, asker: askerAt(askers, number), what: 'push' }));
}

function arrivals({ rate, seconds, random = Math.random }: Omit<LoadWish, 'askers'>): number[] {
  const times: number[] = [];
  for (let at = 0; ;) {
    at += (-Math.log(1 - random()) / rate) * 1000;
    if (at >= seconds * 1000) return times;
    times.push(at);
  }
}

function askerAt(askers: readonly Asker[], number: number): Asker {
  const asker = askers[number % askers.length];
  if (asker === undefined) throw new Error('nobody is there to ask');
  return asker;
}
