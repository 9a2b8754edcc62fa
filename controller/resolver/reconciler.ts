import { CacheError, ERROR_CODES, messageOf } from '../../shared/errors.ts';
import { checkBounds, DOCUMENT_BOUNDS } from '../../shared/interface/text/bounds.ts';
import type { Log } from '../../shared/log.ts';
import { accountsOf, DEFAULT_ACCOUNT } from '../../shared/rewrite/plan/identity/credentials.ts';
import { isJson } from '../../shared/rewrite/json/json.ts';
import type { Json } from '../../shared/rewrite/json/json.ts';
import { isOurs } from '../../shared/rewrite/tekton/read/reference.ts';
import type { Config } from '../config/table.ts';
import { ApiError, isConflict, isForbidden, isNotFound } from '../kube/api/api-error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { OwnWrites } from '../kube/informer/own-writes.ts';
import type { ReconcileResult, Reconciler } from '../kube/work/controller.ts';
import type { ObjectKey } from '../kube/objects/object.ts';
import { NAMESPACES } from '../kube/objects/resource.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { isRequestDone, RESOLUTION_REQUESTS, RESOLVER_LABEL } from '../tekton/resolution-request.ts';
import type { ResolutionRequest } from '../tekton/resolution-request.ts';
import { answered, labelled, refused } from './answer.ts';
import { readAccounts } from './docker-secrets.ts';
import { findRequester } from './requester.ts';
import { rewriteSettings } from './rewrite-settings.ts';
import type { RewritingThread } from './rewriting-thread.ts';
import { readSource } from './source.ts';

interface ResolverReconcilerOptions {
  readonly client: KubeClient;
  readonly request: (key: ObjectKey) => ResolutionRequest | undefined;
  readonly nested: (namespace: string, name: string) => ResolutionRequest | undefined;
  readonly config: () => Config;
  readonly thread: RewritingThread;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now?: () => Date;
}

/** Tekton gives up after a minute by default. We refuse before that, with a sentence of our own. */
const DEADLINE_MS = 50_000;
/**
 * Where both write at the same moment, Tekton tries again after the conflict, and puts its status in the place of ours. So we check the
 * request once more.
 */
const LOOK_AGAIN_MS = 1000;

/** A request for a Pipeline or Task, to its answer. */
export class ResolverReconciler implements Reconciler {
  readonly #options: ResolverReconcilerOptions;
  /** An event from before our answer must not make the request look unanswered. */
  readonly #writes = new OwnWrites();

  constructor(options: ResolverReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const request = this.#options.request(key);
    if (request === undefined || isRequestDone(request)) return {};
    const waitMs = this.#writes.waitMs(request);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    try {
      return await this.#answer(request, signal);
    } catch (error) {
      const message = this.#refusal(error, request);
      // Another try may succeed: the error is thrown, and the queue brings the request back.
      if (message === undefined) throw error;
      await this.#refuse(request, message, signal);
      return {};
    }
  }

  async #answer(request: ResolutionRequest, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, config, thread, metrics, nested, log } = this.#options;
    const resolver = request.metadata.labels?.[RESOLVER_LABEL];
    if (!isOurs(resolver)) return {};
    const asked = { resolver, params: paramsOf(request) };
    const wanted = await thread.whatToRead(asked);
    const { namespace } = idOf(request);
    // Tekton waits for all that is read one after the other, so what can be read at once is. A reference that is a text stands in the run.
    // Most runs are of the default account: its secrets are read along with the rest.
    const requester = findRequester(client, request, signal);
    const known =
      wanted?.by === 'text'
        ? requester.then(async (run) => await thread.writtenReference(wanted, asked, run))
        : Promise.resolve(wanted);
    const [run, reference, source, space, defaultSecrets] = await Promise.all([
      requester,
      known,
      known.then((one) => readSource({ client, nested, thread }, request, one, signal)),
      client.getMetadata(NAMESPACES, { name: namespace }, signal),
      readAccounts(client, { namespace, names: [DEFAULT_ACCOUNT] }, signal),
    ]);
    if (source === undefined) {
      const left = this.#timeLeftMs(request);
      if (left > 0) return { requeueAfterMs: left };
      const waitedFor = reference?.by === 'resolver' ? reference.resolver : '';
      throw new CacheError(
        ERROR_CODES.Deadline,
        `The resolver \`${waitedFor}\` did not answer within ${DEADLINE_MS / 1000} s.`,
      );
    }
    const others = accountsOf(run).filter((name) => name !== DEFAULT_ACCOUNT);
    const otherSecrets = await readAccounts(client, { namespace, names: others }, signal);
    const dockerSecrets = { ...defaultSecrets, ...otherSecrets };
    const settings = { ...rewriteSettings(config(), space?.metadata), dockerSecrets };
    const result = await thread.resolve({ ...asked, run, document: source.document, settings });
    const answer = answered(labelled(result, source.document, resolver), source.refSource);
    this.#writes.record(await client.patchStatus(RESOLUTION_REQUESTS, idOf(request), answer, signal));
    metrics.resolutions.add({ resolver, outcome: 'answered' });
    log.debug('answered', {
      request: request.metadata.name,
      namespace: request.metadata.namespace,
      run: run.metadata.name,
    });
    return { requeueAfterMs: LOOK_AGAIN_MS };
  }

  /** The message of a refusal; undefined where another try may succeed. */
  #refusal(error: unknown, request: ResolutionRequest): string | undefined {
    if (error instanceof CacheError) return error.message;
    if (isForbidden(error)) return `tekton-cache may not do this here: ${error.detail}`;
    if (error instanceof ApiError) {
      return this.#timeLeftMs(request) > 0 ? undefined : `The API server did not answer in time: ${error.detail}`;
    }
    this.#options.log.error('a bug ended the resolution', {
      request: request.metadata.name,
      error: messageOf(error),
    });
    return `tekton-cache has a bug; its controller's log has the details: ${messageOf(error)}`;
  }

  async #refuse(request: ResolutionRequest, message: string, signal: AbortSignal): Promise<void> {
    const { metrics } = this.#options;
    // Tekton may write at this very moment that the request is in progress; our write comes after it.
    const wrote =
      (await this.#refuseVersion(request, message, signal)) || (await this.#refuseVersion(request, message, signal));
    if (wrote)
      metrics.resolutions.add({ resolver: request.metadata.labels?.[RESOLVER_LABEL] ?? '', outcome: 'refused' });
  }

  /** Refuses the request as it is now, and only that version; false when it is refused no more, or changed meanwhile. */
  async #refuseVersion(request: ResolutionRequest, message: string, signal: AbortSignal): Promise<boolean> {
    const { client } = this.#options;
    const current = await client.get(RESOLUTION_REQUESTS, idOf(request), signal);
    if (current === undefined || current.metadata.uid !== request.metadata.uid || isRequestDone(current)) return false;
    const { resourceVersion } = current.metadata;
    const id = { ...idOf(request), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    try {
      this.#writes.record(await client.patchStatus(RESOLUTION_REQUESTS, id, refused(message, this.#now()), signal));
      return true;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
  }

  #timeLeftMs({ metadata }: ResolutionRequest): number {
    const now = this.#now().getTime();
    const created = Date.parse(metadata.creationTimestamp ?? '');
    return Number.isNaN(created) ? DEADLINE_MS : created + DEADLINE_MS - now;
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }
}

function idOf({ metadata }: ResolutionRequest): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function paramsOf({ spec }: ResolutionRequest): Record<string, Json> {
  checkBounds('What is asked for', spec.params, DOCUMENT_BOUNDS);
  return Object.fromEntries((spec.params ?? []).flatMap(({ name, value }) => (isJson(value) ? [[name, value]] : [])));
}
