import type { GitServer } from '../../support/git/git-server.ts';
import { startGitServer } from '../../support/git/git-server.ts';
import type { SampleImage } from '../../support/image/sample-images.ts';
import { provideSampleImage } from '../../support/image/sample-images.ts';
import type { NewObject } from '../../support/kube/kube-api.ts';
import { downloads, readAccessLog } from '../../support/mirror/access-log.ts';
import { readObjects } from '../../support/product/yaml-files.ts';
import { asRun, PLACES, withoutTls, withTexts } from '../../support/samples/ecosystem/fitted.ts';
import { readApp } from '../../support/samples/ecosystem/sample-files.ts';
import { runToTheEnd } from '../../support/samples/finished-run.ts';
import type { FinishedRun } from '../../support/samples/finished-run.ts';
import { useProduct } from '../cache-run/ground.ts';
import type { Ground } from '../cache-run/ground.ts';

const IMAGES: Readonly<Record<string, SampleImage>> = {
  'docker.io/library/node:24': 'node',
  'docker.io/library/node:$(params.node)': 'node',
  'docker.io/library/golang:1.26': 'golang',
  'docker.io/alpine/git:2.49.1': 'git',
};

/** A run of a sample, with the packages that the mirror sent meanwhile. */
export interface SampleRun extends FinishedRun {
  readonly downloads: number;
}

export interface RunOptions {
  readonly params?: Readonly<Record<string, string>>;
  /** Other texts than those that all samples have replaced. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Samples as a user has them, with what they name replaced by what is here. */
export interface SampleGround {
  readonly ground: Ground;
  /** Where `registry.example.com/caches` is. */
  readonly repositories: () => string;
  /** Makes the project of a sample, with other files in it, the next commit. */
  readonly commit: (sample: string, changes?: Readonly<Record<string, string>>) => Promise<void>;
  /** Brings what a file of `samples/` defines, with a change to it as it is written, into the namespace; its PipelineRuns are left out. */
  readonly define: (file: string, change?: (object: NewObject) => NewObject) => Promise<void>;
  /** The PipelineRun of a file of `samples/`, to its end. Throws when it fails. */
  readonly run: (file: string, name: string, options?: RunOptions) => Promise<SampleRun>;
}

/** For the top of a `describe`: a namespace, a git server with one project, and the Task that clones it. */
export const useSamples = (): SampleGround => {
  const ground = useProduct({ prefix: 'samples' });
  const texts: Record<string, string> = {};
  let git: GitServer;
  before(async () => {
    const { state, local } = ground.product.cluster;
    git = await startGitServer(local.hostAddress);
    for (const [image, standIn] of Object.entries(IMAGES)) {
      texts[image] = await provideSampleImage(standIn, state.registry.host);
    }
    Object.assign(texts, { [PLACES.project]: git.url('app'), [PLACES.registry]: repositories() });
    await define('golang/task-git-clone.yaml');
  });
  after(async () => await git?.stop());

  const repositories = (): string => `${ground.product.registry}/${ground.space.name}`;
  const sent = async (): Promise<number> =>
    downloads(await readAccessLog(ground.product.cluster.local.mirrorLog)).length;
  const define: SampleGround['define'] = async (file, change = (object) => object) => {
    for (const object of await readObjects(`samples/${file}`)) {
      if (object.kind === 'PipelineRun') continue;
      const fitted = withoutTls(withTexts(change(object), texts));
      const metadata = { ...fitted.metadata, namespace: ground.space.name };
      await ground.product.cluster.api.apply({ ...fitted, metadata });
    }
  };
  return {
    ground,
    repositories,
    commit: async (sample, changes = {}) => {
      await git.commit('app', { ...(await readApp(sample)), ...changes });
    },
    define,
    run: async (file, name, options = {}) => {
      const { api, local } = ground.product.cluster;
      const object = (await readObjects(`samples/${file}`)).find(({ kind }) => kind === 'PipelineRun');
      if (object === undefined) throw new Error(`samples/${file} has no PipelineRun`);
      const environment = { npm_config_registry: `${local.mirror}/npm/`, GOPROXY: `${local.mirror}/go` };
      const fitted = asRun(withTexts(object, { ...texts, ...options.texts }), {
        name,
        namespace: ground.space.name,
        environment,
        ...(options.params && { params: options.params }),
      });
      const before = await sent();
      const finished = await runToTheEnd(api, fitted);
      return { ...finished, downloads: (await sent()) - before };
    },
  };
};
