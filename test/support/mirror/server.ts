import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

import type { AccessRecord } from './access-log.ts';
import type { Answer, Repository } from './answer.ts';
import { MirrorError } from './answer.ts';

interface Outcome {
  readonly status: number;
  readonly answer: Answer;
}

const text = (message: string): Answer => ({
  content: Buffer.from(`${message}\n`),
  contentType: 'text/plain',
  isPackage: false,
});

const decode = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};

const answerOf = async (repository: Repository | undefined, path: string): Promise<Outcome> => {
  const decoded = decode(path);
  try {
    const answer = decoded === undefined ? undefined : await repository?.answer(decoded);
    return answer ? { status: 200, answer } : { status: 404, answer: text('not found') };
  } catch (error) {
    const status = error instanceof MirrorError ? error.status : 500;
    return { status, answer: text(error instanceof Error ? error.message : String(error)) };
  }
};

/** Serves each repository below its name, and tells `log` about every request. */
export const mirrorServer = (repositories: readonly Repository[], log: (record: AccessRecord) => void): Server => {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://mirror');
    const [, name = '', ...rest] = pathname.split('/');
    const path = rest.join('/');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const repository = isRead ? repositories.find((each) => each.name === name) : undefined;
    const { status, answer } = await answerOf(repository, path);
    const { content, contentType, isPackage } = answer;
    const client = request.socket.remoteAddress ?? '';
    // Logged before the last byte leaves: who has seen the answer finds it in the log.
    log({ time: new Date().toISOString(), client, repository: name, path, status, bytes: content.length, isPackage });
    const headers = { 'content-type': contentType, 'content-length': content.length };
    // A package never changes. Public registries say so, and pip keeps nothing of which nobody says how long it is good.
    response.writeHead(
      status,
      isPackage ? { ...headers, 'cache-control': 'public, max-age=31536000, immutable' } : headers,
    );
    response.end(request.method === 'HEAD' ? undefined : content);
  };
  return createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
};
