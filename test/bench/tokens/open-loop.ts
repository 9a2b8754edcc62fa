import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import type { SecureContext } from 'node:tls';

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
  readonly port: number;
  readonly secureContext: SecureContext;
}

/** Questions come from this many addresses, as those of pods do. */
const ADDRESSES = 50;
const PATIENCE_MS = 10_000;

/**
 * Asks each question when it is due, whatever became of those before, on a connection of its own as another process would. Gives the answers when
 * the last one is there.
 */
export async function askAll(questions: readonly Question[], asked: Asked): Promise<readonly Answer[]> {
  const began = performance.now();
  const answers: Promise<Answer>[] = [];
  for (const [number, question] of questions.entries()) {
    const early = began + question.at - performance.now();
    if (early > 0) await pause(early);
    const status = ask(question, { ...asked, localAddress: `127.0.1.${1 + (number % ADDRESSES)}` });
    answers.push(
      status.then((code) => ({
        at: question.at,
        milliseconds: performance.now() - began - question.at,
        status: code,
      })),
    );
  }
  return await Promise.all(answers);
}

async function ask(question: Question, to: Asked & { readonly localAddress: string }): Promise<number> {
  return await new Promise((resolve) => {
    let text = '';
    const socket = tls.connect({ host: '127.0.0.1', ...to }, () => socket.write(requestOf(question)));
    const end = (): void => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0));
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket
      .setEncoding('latin1')
      .on('data', (chunk: string) => (text += chunk))
      .on('error', end)
      .on('end', end);
  });
}

function requestOf({ asker: { token, repository }, what }: Question): string {
  const scope = encodeURIComponent(`repository:${repository}:${what === 'pull' ? 'pull' : 'pull,push'}`);
  const path = what === 'scope' ? '/scope' : `/token?service=tekton-cache-registry&scope=${scope}`;
  const login = Buffer.from(`tekton-cache:${token}`).toString('base64');
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${login}\r\nConnection: close\r\n\r\n`;
}
