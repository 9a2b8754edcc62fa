import { createHash } from 'node:crypto';
import { invalidParams } from '../../shared/errors.ts';
import { isJson, isObject } from '../../shared/rewrite/json/json.ts';
import type { JsonObject } from '../../shared/rewrite/json/json.ts';
import type { Reference } from '../../shared/rewrite/tekton/read/reference.ts';
import { checkKind } from '../../shared/rewrite/resolve.ts';
import { isAlreadyExists, isRefused } from '../kube/api/api-error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { apiVersionOf } from '../kube/objects/resource.ts';
import { PIPELINES, TASKS } from '../tekton/definition.ts';
import { RESOLUTION_REQUESTS } from '../tekton/resolution-request.ts';
import type { RefSource, ResolutionRequest } from '../tekton/resolution-request.ts';
import { nestedName, nestedRequest, readNested } from './nested-request.ts';
import type { RewritingThread } from './rewriting-thread.ts';

/** What is to be rewritten, and where it comes from. */
interface SourceDocument {
  readonly document: JsonObject | undefined;
  readonly refSource: RefSource;
}

interface SourceReader {
  readonly client: KubeClient;
  /** Our copy of a nested request, if there is one yet. */
  readonly nested: (namespace: string, name: string) => ResolutionRequest | undefined;
  readonly thread: RewritingThread;
}

/** Reads what a request refers to, in its own namespace; nothing while another resolver is at work on it. */
export async function readSource(
  reader: SourceReader,
  request: ResolutionRequest,
  reference: Reference | undefined,
  signal: AbortSignal,
): Promise<SourceDocument | undefined> {
  if (reference === undefined || reference.by === 'spec') return { document: undefined, refSource: {} };
  const { namespace = '' } = request.metadata;
  if (reference.by === 'name') return await readByName(reader.client, namespace, reference, signal);

  const answer = await askResolver(reader, request, reference, signal);
  if (answer?.document !== undefined) checkKind(answer.document, reference.kind);
  return answer;
}

async function readByName(
  client: KubeClient,
  namespace: string,
  { kind, name }: Extract<Reference, { readonly by: 'name' }>,
  signal: AbortSignal,
): Promise<SourceDocument> {
  const resource = kind === 'Task' ? TASKS : PIPELINES;
  const found = await client.get(resource, { namespace, name }, signal);
  if (found === undefined) {
    throw invalidParams(
      `There is no ${kind} \`${name}\` in namespace \`${namespace}\`. Where Pipelines-as-Code is to bring it, see docs/pipelines-as-code.md.`,
    );
  }
  const document: unknown = { ...found, apiVersion: apiVersionOf(resource), kind };
  if (!isJson(document) || !isObject(document))
    throw new Error('The API server answered with something that is not JSON.');
  // The address has the form that Tekton's own cluster resolver gives.
  const uri = `/apis/${apiVersionOf(resource)}/namespaces/${namespace}/${kind.toLowerCase()}/${name}@${found.metadata.uid ?? ''}`;
  const sha256 = createHash('sha256')
    .update(JSON.stringify(document['spec'] ?? {}))
    .digest('hex');
  return { document, refSource: { uri, digest: { sha256 } } };
}

async function askResolver(
  { client, nested, thread }: SourceReader,
  request: ResolutionRequest,
  reference: Extract<Reference, { readonly by: 'resolver' }>,
  signal: AbortSignal,
): Promise<SourceDocument | undefined> {
  const { namespace = '' } = request.metadata;
  const id = { namespace, name: nestedName(request) };
  const known = nested(namespace, id.name) ?? (await ask({ client, request, reference, id }, signal));
  if (known === undefined) return undefined;
  if (known.metadata.ownerReferences?.some(({ uid }) => uid === request.metadata.uid) === true)
    return await readNested(known, thread);
  throw invalidParams(`The request \`${id.name}\` in this namespace is not ours. Delete it, and try again.`);
}

interface Question {
  readonly client: KubeClient;
  readonly request: ResolutionRequest;
  readonly reference: Extract<Reference, { readonly by: 'resolver' }>;
  readonly id: { readonly namespace: string; readonly name: string };
}

/** Creates the nested request. If it exists already and our copy does not show it yet, returns what the API server has. */
async function ask(
  { client, request, reference, id }: Question,
  signal: AbortSignal,
): Promise<ResolutionRequest | undefined> {
  try {
    await client.create(RESOLUTION_REQUESTS, nestedRequest(request, reference), signal);
    return undefined;
  } catch (error) {
    if (isRefused(error))
      throw invalidParams(`The resolver \`${reference.resolver}\` cannot be asked: ${error.detail}`);
    if (!isAlreadyExists(error)) throw error;
    return await client.get(RESOLUTION_REQUESTS, id, signal);
  }
}
