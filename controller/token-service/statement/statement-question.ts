import { isDigest, isRepository } from '../../../shared/interface/places/image-reference.ts';
import { passwordOf } from '../protocol/question.ts';
import { isRefusal } from '../protocol/refusal.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** What an upload asks for. */
export interface StatementQuestion {
  /** The registry, by the name that it gives itself. */
  readonly service: string;
  readonly repository: string;
  /** The digest of the manifest: `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly password: string;
}

export interface StatementRequest {
  readonly method: string;
  readonly authorization: string | undefined;
  /** JSON. */
  readonly body: string;
}

export function readStatementQuestion({ method, authorization, body }: StatementRequest): StatementQuestion | Refusal {
  if (method !== 'POST') return bad(`${method} is none of the ways to ask for a statement; POST is`);
  const password = passwordOf(authorization);
  if (typeof password === 'object' && isRefusal(password)) return password;
  const { service, repository, digest } = fieldsOf(body);
  if (service === undefined || service === '') return bad('no `service`: the registry is to be named');
  if (repository === undefined || !isRepository(repository)) return bad('`repository` is the name of none');
  if (!isDigest(digest)) return bad('`digest` is not sha256: and 64 hex digits');
  return { service, repository, digest, password };
}

/** The fields of the body that are texts. */
function fieldsOf(body: string): Partial<Record<'service' | 'repository' | 'digest', string>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter(([, field]) => typeof field === 'string'));
  } catch {
    return {};
  }
}

const bad = (message: string): Refusal => ({ status: 400, reason: 'bad-request', message });
