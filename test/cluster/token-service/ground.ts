import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { until } from '../../support/deadline.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { requestToken } from '../../support/product/registry/request-token.ts';
import { SHELL } from '../../support/product/runs.ts';
import { startTokenService } from '../../support/product/registry/token-service-process.ts';
import type { TokenServiceProcess } from '../../support/product/registry/token-service-process.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import type { Ground } from '../cache-run/ground.ts';
import { useProduct } from '../cache-run/ground.ts';

export const SERVICE = 'tekton-cache-registry';
export const AUDIENCE = 'tekton-cache';
const RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const POD = { apiVersion: 'v1', kind: 'Pod' } as const;

/** A TaskRun or CustomRun; each names its pod in its own way. */
interface Child extends KubeObject {
  readonly status?: { readonly podName?: string; readonly extraFields?: { readonly pod?: string } };
}

interface PodObject extends KubeObject {
  readonly spec: { readonly serviceAccountName?: string };
  readonly status?: { readonly phase?: string };
}

export interface Attempt {
  readonly what: string;
  /** `PUSH` is a whole upload of `body` as a blob. */
  readonly method: string;
  readonly path: string;
  readonly body?: string | { readonly type: string; readonly text: string };
}

export interface Asked {
  readonly status: number;
  /** Of the token: `team/x: pull,push`. */
  readonly granted: readonly string[];
  /** Of the refusal. */
  readonly message: string;
}

/** The product, its token service as a process of this machine, and a registry that believes its tokens; pods reach both. */
export class TokenGround {
  readonly product: Ground;
  service!: TokenServiceProcess;
  registry!: RunningRegistry;

  constructor(product: Ground) {
    this.product = product;
  }

  get api() {
    return this.product.product.cluster.api;
  }

  get namespace(): string {
    return this.product.space.name;
  }

  /** As pods name the registry. */
  get registryOfPods(): string {
    return `${new URL(this.service.realm).hostname}:${this.registry.host.split(':')[1]}`;
  }

  /** A PipelineRun with one task; `annotations` are of Pipelines-as-Code where `stamped` made them. */
  async createRun(name: string, task: object, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const metadata = { name, namespace: this.namespace, annotations };
    const tasks = [{ name: 'build', taskSpec: task }];
    await this.api.create({ ...RUN, metadata, spec: { pipelineSpec: { tasks } } });
  }

  /** A task that waits until its pod is taken away. */
  waiting(): object {
    return { steps: [{ name: 'wait', image: SHELL, script: 'while true; do sleep 1; done' }] };
  }

  /** A task that tries things in its own pod, with what a pod can read. */
  async attempting(attempts: readonly Attempt[], scopes: readonly string[]): Promise<object> {
    const sources = [{ serviceAccountToken: { audience: AUDIENCE, expirationSeconds: 600, path: 'token' } }];
    return await this.#step(
      { REALM: this.service.realm, REGISTRY: this.registryOfPods, SCOPES: JSON.stringify(scopes) },
      attempts,
      { name: 'cache-token', projected: { sources } },
    );
  }

  /** The same before a registry with passwords, with a docker secret that has the password. */
  async attemptingWithSecret(attempts: readonly Attempt[], registry: string, secret: string): Promise<object> {
    return await this.#step({ REGISTRY: registry }, attempts, {
      name: 'docker-secret',
      secret: { secretName: secret },
    });
  }

  /** What the task of a run printed, when it is over. */
  async attempted(run: string): Promise<Readonly<Record<string, number>>> {
    await this.product.runs.pipelineRun(run);
    const pod = await this.podOf(run);
    const log = await this.api.podLog(this.namespace, pod.metadata.name, 'step-try');
    return JSON.parse(log) as Readonly<Record<string, number>>;
  }

  /** The pod of the one task of a run, which the TaskRun names. */
  async podOf(run: string): Promise<PodObject> {
    const name = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace: this.namespace, name: `${run}-build` };
    const { status } = await this.api.waitFor<Child>(name, (child) => Boolean(child.status?.podName));
    return await this.api.waitFor<PodObject>(this.#pod(status?.podName ?? ''), () => true);
  }

  /** The helper pod of a CustomRun. */
  async helperPodOf(run: string): Promise<PodObject> {
    const name = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', namespace: this.namespace, name: run };
    const { status } = await this.api.waitFor<Child>(name, (child) => Boolean(child.status?.extraFields?.pod));
    return await this.api.get<PodObject>(this.#pod(status?.extraFields?.pod ?? ''));
  }

  async createPod(name: string, metadata: object): Promise<PodObject> {
    return await this.api.create<PodObject>({
      ...POD,
      metadata: { name, namespace: this.namespace, ...metadata },
      // It need not run: its token is as good.
      spec: { schedulerName: 'nobody', containers: [{ name: 'x', image: SHELL }] },
    });
  }

  /** Tekton may make another pod of that name at once. */
  async deletePod({ metadata: { name, uid } }: PodObject): Promise<void> {
    await this.api.delete(this.#pod(name), 0);
    await until(`the pod ${name} to go`, 60_000, async () => {
      const found = await this.api.find<PodObject>(this.#pod(name));
      return found?.metadata.uid !== uid;
    });
  }

  /** The token that the kubelet would project into a pod. */
  async tokenOf({ metadata, spec }: PodObject, audiences: readonly string[] = [AUDIENCE]): Promise<string> {
    const pod = { name: metadata.name, uid: metadata.uid ?? '' };
    const account = { namespace: this.namespace, name: spec.serviceAccountName ?? 'default' };
    return await requestToken(this.api, { ...account, audiences, pod });
  }

  /** Asks until the answer is final: a run may not name its pod yet. */
  async ask(password: string, ...scopes: readonly string[]): Promise<Asked> {
    const ask = async (): Promise<Asked | undefined> => {
      const answer = await this.askOnce(password, ...scopes);
      return answer.status === 503 ? undefined : answer;
    };
    return await until('a final answer', 90_000, ask, 250);
  }

  async askOnce(password: string, ...scopes: readonly string[]): Promise<Asked> {
    const query = new URLSearchParams({ service: SERVICE });
    for (const scope of scopes) query.append('scope', scope);
    const authorization = `Basic ${Buffer.from(`tekton-cache:${password}`).toString('base64')}`;
    const answer = await fetch(`${this.service.realm}?${query.toString()}`, { headers: { authorization } });
    const body = (await answer.json()) as { token?: string; errors?: { message: string }[] };
    const [, claims = 'e30'] = (body.token ?? '').split('.');
    const { access = [] } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
      access?: { name: string; actions: string[] }[];
    };
    return {
      status: answer.status,
      granted: access.map(({ name, actions }) => `${name}: ${actions.join(',')}`),
      message: body.errors?.[0]?.message ?? '',
    };
  }

  /** A task with a step that has the volume at `/NAME`, by its name. */
  async #step(
    environment: Readonly<Record<string, string>>,
    attempts: readonly Attempt[],
    volume: { readonly name: string; readonly projected?: object; readonly secret?: object },
  ): Promise<object> {
    const script = await readFile(join(import.meta.dirname, 'attempts.js'), 'utf8');
    const env = Object.entries({ ...environment, ATTEMPTS: JSON.stringify(attempts) });
    return {
      volumes: [volume],
      steps: [
        {
          name: 'try',
          image: this.product.product.image,
          command: ['node', '--input-type=module', '--eval', script],
          env: env.map(([name, value]) => ({ name, value })),
          volumeMounts: [{ name: volume.name, mountPath: `/${volume.name}`, readOnly: true }],
        },
      ],
    };
  }

  #pod(name: string) {
    return { ...POD, namespace: this.namespace, name };
  }
}

/** For the top of a `describe`. */
export function useTokenService(): TokenGround {
  const ground = new TokenGround(useProduct({ prefix: 'tokens' }));
  before(async () => {
    ground.service = await startTokenService(ground.product.product.cluster);
    const { realm, authority } = ground.service;
    const token = { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle: authority };
    ground.registry = await startRegistry({ auth: { token }, isOpen: true });
  });
  after(async () => {
    await ground.registry?.stop();
    await ground.service?.stop();
  });
  return ground;
}
