import { parseJson } from '../interface/text/parse-json.ts';
import { invalidParams } from '../errors.ts';
import { REQUEST_VARIABLE } from '../request/protocol.ts';
import type { CacheRequest } from '../request/protocol.ts';
import { strangeInRequest } from '../request/request-fields.ts';

/**
 * Reads the request in the environment. This program in another role wrote it, perhaps in another release. A request that this release would not do
 * as it is meant is refused as a whole: a wrong tree is worse than none.
 *
 * @throws CacheError `InvalidParams`
 */
export function readRequest(environment: NodeJS.ProcessEnv): CacheRequest {
  const text = environment[REQUEST_VARIABLE];
  const value = text === undefined ? undefined : parseJson(text);
  if (!isObject(value) || !('verb' in value)) {
    throw invalidParams(`The variable ${REQUEST_VARIABLE} does not hold a request of tekton-cache.`);
  }
  const strange = strangeInRequest(value);
  if (strange === undefined && isRequest(value)) return value;
  throw invalidParams(
    `The request is of another release than this helper, which does not know all of it: ${strange ?? 'its values'}. ` +
      'Take `image` out of the configuration, or let it name the image of the controller.',
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRequest(value: object): value is CacheRequest {
  return (
    'target' in value &&
    typeof value.target === 'string' &&
    'caches' in value &&
    Array.isArray(value.caches) &&
    'variables' in value
  );
}
