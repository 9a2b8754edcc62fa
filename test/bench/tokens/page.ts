import type { Measured } from './measured.ts';

export interface CaseReport {
  readonly name: string;
  /** Questions a second. */
  readonly rate: number;
  readonly best: Measured;
  readonly rounds: readonly Measured[];
  /** The highest rate that was tried and kept to the goal; 0: none. */
  readonly most: number;
  /** What was measured last when higher rates were tried. */
  readonly next?: Measured;
}

export interface Circumstances {
  readonly machine: string;
  readonly processors: number;
  /** What else people should know of this measurement; may be empty. */
  readonly note: string;
  /** Of the machine before the first round: processes that wanted a processor, in the last minute. */
  readonly load: number;
  readonly seconds: number;
  readonly goalMs: number;
  readonly pods: number;
}

/** More processes of others wanted a processor than there are. */
const BUSY =
  ' **So others wanted all of its processors at the same time.** The median tells of the service, p99 and max mostly of waits for a processor: measure anew on a quiet machine before you believe that a goal is missed.';

/** The page of figures. */
export function tokenPage(
  { machine, processors, load, note, seconds, goalMs, pods }: Circumstances,
  cases: readonly CaseReport[],
): string {
  const verdicts = cases.map(({ name, rate, best: { p99, refused } }) => {
    const isMet = p99 <= goalMs && refused === 0;
    return `| ${rate} questions a second, ${name} | p99 at most ${goalMs} ms, none refused | ${ms(p99)}, ${refused} | ${isMet ? 'met' : '**missed**'} |`;
  });
  const rows = cases.map(({ name, best }) => {
    const { p50, p99, max, refused, reviewed, apiServerMs, shares } = best;
    const cells = [ms(p50), ms(p99), ms(max), refused, percent(reviewed), ms(apiServerMs), ...sharesOf(shares)];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const others = cases.map(({ name, rounds }) => `| ${name} | ${rounds.map(({ p99 }) => ms(p99)).join(', ')} |`);
  const most = cases.map(({ name, most: rate, next }) => {
    const beyond = next === undefined ? '' : `${ms(next.p99)}, ${next.refused}`;
    const shares = next === undefined ? ['', '', '', ''] : sharesOf(next.shares);
    return `| ${name} | ${rate === 0 ? 'none' : rate} | ${beyond} | ${shares.join(' | ')} |`;
  });
  return `# The token service

How long a question to the token service waits. \`npm run bench:tokens\` measures it anew.

Machine: ${machine}. Load of the machine before the first round: ${load.toFixed(1)}.${load > processors ? BUSY : ''}${note === '' ? '' : ` ${note}`}

One replica has one processor for itself. The API server, etcd and whoever asks have the other one. All of them are real, TLS included, and the API server is compiled as its makers do. The API server collects its garbage between two rounds: with its part of a processor that takes one to two seconds, and meanwhile each question to it waits. One of a cluster has processors for that. The ${pods} pods are objects that run nothing: each belongs to a TaskRun of a PipelineRun, and their tokens are signed by the API server.
Questions come at random times, ${cases[0]?.rate ?? 0} a second on average, each on a connection of its own, whatever became of those before. A time begins when a question is due, so no wait is hidden. A round takes ${seconds} s, after a while of the same load that does not count.

## Goals

| case | goal | measured | |
|---|---|---|---|
${verdicts.join('\n')}

A replica that is killed under load fails no run, and costs at most the uploads that it was just answering: [a test](../token-service.md#who-asks) holds that.

## What was measured

The answer about a token is kept for ten seconds, and renewed before that while its pod asks. Pods that ask all the time have their answers from there. Pods that come and go ask as builds do: for their scope and for a token, and two seconds later again. A token that was not seen before takes four questions to the API server: whose it is, the pod, its TaskRun, its PipelineRun. The last two are answered [from its memory](../adr/0085-runs-from-the-api-servers-memory.md).

Of each case the best round, of ${cases[0]?.rounds.length ?? 0}: other work on the machine only makes it slower. The time of the API server is the sum of its own four, by its own clock, on average. Shares are of one processor. Where those of the API server, etcd and who asks come near 100 % together, their processor is what the figure is about.

| case | p50 | p99 | max | refused | asked anew of the API server | its time for one token | service | API server | etcd | who asks |
|---|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

| case | p99 of each round |
|---|---|
${others.join('\n')}

## The most that it can do

The highest rate that was tried for which p99 stays at ${goalMs} ms and nothing is refused, and what was measured at the last rate that was tried.

| case | questions a second | p99 and refused at the last rate | service | API server | etcd | who asks |
|---|---|---|---|---|---|---|
${most.join('\n')}
`;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const sharesOf = ({ service, apiServer, etcd, asker }: Measured['shares']): readonly string[] =>
  [service, apiServer, etcd, asker].map(percent);
const percent = (part: number): string => `${Math.round(part * 100)} %`;
