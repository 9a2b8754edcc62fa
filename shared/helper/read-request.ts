import { CacheError, ERROR_CODES } from '../errors.ts';
import { REQUEST_VARIABLE } from '../request/protocol.ts';
import type { CacheRequest } from '../request/protocol.ts';

/**
 * The request in the environment. Who writes it is this program in another role and of the same version, so that only what would
 * be somebody else's text is refused.
 */
export function readRequest(environment: NodeJS.ProcessEnv): CacheRequest {
  const text = environment[REQUEST_VARIABLE];
  const value = text === undefined ? undefined : parseJson(text);
  if (isRequest(value)) return value;
  throw new CacheError(
    ERROR_CODES.InvalidParams,
    `The variable ${REQUEST_VARIABLE} does not hold a request of tekton-cache.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRequest(value: unknown): value is CacheRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'verb' in value &&
    (value.verb === 'fetch' || value.verb === 'upload') &&
    'target' in value &&
    typeof value.target === 'string' &&
    'caches' in value &&
    Array.isArray(value.caches) &&
    'variables' in value
  );
}
