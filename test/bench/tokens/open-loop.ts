import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Question } from './questions.ts';

export interface Answer {
  /** Of the question, as it was due. */
  readonly at: number;
  /** From then to the last byte of the answer: a wait for the sender counts as well. */
  readonly milliseconds: number;
  /** 0: there was no answer. */
  readonly status: number;
}

export interface Asked {
  /** The program of `test/tools/asker`, and the processor that it may use. */
  readonly program: string;
  readonly core: number;
  readonly port: number;
  /** A file with the authority of the service's certificate. */
  readonly authority: string;
}

export interface Asking {
  readonly pid: number;
  /** There when the last answer is. The process stays. */
  readonly answers: Promise<readonly Answer[]>;
  readonly end: () => void;
}

/** Asks each question when it is due, whatever became of those before, on a connection of its own as another process would. */
export function startAsking(questions: readonly Question[], { program, core, port, authority }: Asked): Asking {
  // taskset becomes the program: the process has its id.
  const child = spawn('taskset', ['-c', `${core}`, program, `${port}`, authority], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.write(`${JSON.stringify(questions.map(requestOf))}\n`);
  const ended = once(child, 'close').then(() => Promise.reject(new Error('who asks ended without an answer')));
  const answered = once(createInterface(child.stdout), 'line').then(
    ([line]) => JSON.parse(String(line)) as readonly Answer[],
  );
  return { pid: child.pid ?? 0, answers: Promise.race([answered, ended]), end: () => child.stdin.end() };
}

function requestOf({ at, asker: { token, repository }, what }: Question): object {
  const scope = encodeURIComponent(`repository:${repository}:${what === 'pull' ? 'pull' : 'pull,push'}`);
  const path = what === 'scope' ? '/scope' : `/token?service=tekton-cache-registry&scope=${scope}`;
  return { at, path, authorization: `Basic ${Buffer.from(`tekton-cache:${token}`).toString('base64')}` };
}
