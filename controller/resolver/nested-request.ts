import { createHash } from 'node:crypto';
import { invalidParams, messageOf } from '../../shared/errors.ts';
import { isObject } from '../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../shared/rewrite/json/json.ts';
import type { Reference } from '../../shared/rewrite/tekton/read/reference.ts';
import { succeededCondition } from '../tekton/condition.ts';
import { RESOLUTION_REQUESTS, RESOLVER_LABEL } from '../tekton/resolution-request.ts';
import type { RefSource, ResolutionRequest } from '../tekton/resolution-request.ts';
import type { RewritingThread } from './rewriting-thread.ts';

/** On requests of ours to other resolvers, so that we can watch them. */
export const NESTED_LABEL = 'cache.tekton.dev/nested';

type RemoteReference = Extract<Reference, { readonly by: 'resolver' }>;

/** A request of ours within one that we serve: in the same namespace, and gone with it. */
export function nestedRequest(outer: ResolutionRequest, { resolver, params }: RemoteReference): ResolutionRequest {
  const { name, namespace = '', uid = '' } = outer.metadata;
  return {
    metadata: {
      name: nestedName(outer),
      namespace,
      labels: { [RESOLVER_LABEL]: resolver, [NESTED_LABEL]: 'true' },
      ownerReferences: [
        {
          apiVersion: `${RESOLUTION_REQUESTS.group}/${RESOLUTION_REQUESTS.version}`,
          kind: RESOLUTION_REQUESTS.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec: { params: params.map((param) => ({ name: param.name, value: param.value })) },
  };
}

/** The same for each look at the same request: a second create is an AlreadyExists and nothing more. */
export function nestedName({ metadata }: ResolutionRequest): string {
  return `nested-${createHash('sha256')
    .update(metadata.uid ?? '')
    .digest('hex')
    .slice(0, 40)}`;
}

interface NestedAnswer {
  readonly document: JsonObject;
  readonly refSource: RefSource;
}

/** What another resolver said; nothing yet when it is at work. Throws with its own words when it failed. */
export async function readNested(
  { metadata, status }: ResolutionRequest,
  thread: RewritingThread,
): Promise<NestedAnswer | undefined> {
  const resolver = metadata.labels?.[RESOLVER_LABEL] ?? '';
  const succeeded = succeededCondition(status?.conditions);
  if (succeeded?.status === 'False') {
    throw invalidParams(`The resolver \`${resolver}\` said: ${succeeded.message ?? 'it failed'}`);
  }
  // A resolver writes its answer once, whole; that Tekton then sets the condition need not be waited for.
  const data = status?.data ?? '';
  if (data === '') return undefined;
  const document = await parseDocument(resolver, Buffer.from(data, 'base64').toString('utf8'), thread);
  return { document, refSource: status?.refSource ?? {} };
}

async function parseDocument(resolver: string, text: string, thread: RewritingThread): Promise<JsonObject> {
  let document: Json;
  try {
    document = await thread.readYaml(text);
  } catch (error) {
    throw invalidParams(`The resolver \`${resolver}\` gave no YAML: ${messageOf(error)}`);
  }
  if (isObject(document)) return document;
  throw invalidParams(`The resolver \`${resolver}\` gave no Pipeline and no Task.`);
}
