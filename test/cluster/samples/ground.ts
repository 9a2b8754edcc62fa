import type { GitServer } from '../../support/git/git-server.ts';
import { startGitServer } from '../../support/git/git-server.ts';
import type { SampleImage } from '../../support/image/sample-images.ts';
import { provideSampleImage } from '../../support/image/sample-images.ts';
import type { KubeObject, NewObject } from '../../support/kube/kube-api.ts';
import { patient } from '../../support/patience.ts';
import type { Product } from '../../support/product/product.ts';
import { downloadsOfRun } from '../../support/product/run-downloads.ts';
import { readObjects } from '../../support/product/yaml-files.ts';
import { asRun, PLACES, withoutTls, withTexts } from '../../support/samples/ecosystem/fitted.ts';
import { readApp } from '../../support/samples/ecosystem/sample-files.ts';
import { runToTheEnd } from '../../support/samples/finished-run.ts';
import type { FinishedRun } from '../../support/samples/finished-run.ts';
import { useProduct } from '../cache-run/ground.ts';

const IMAGES: Readonly<Record<string, SampleImage>> = {
  'docker.io/library/node:24': 'node',
  'docker.io/library/node:$(params.node)': 'node',
  'docker.io/library/golang:1.26': 'golang',
  'docker.io/library/python:3.11': 'python',
  'docker.io/alpine/git:2.49.1': 'git',
};

/** A run of a sample, with the packages that its pods downloaded. */
export interface SampleRun extends FinishedRun {
  readonly downloads: number;
}

export interface RunOptions {
  readonly params?: Readonly<Record<string, string>>;
  /** Other texts than those that all samples have replaced. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Further variables of all steps. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A sample as a user has it, with what it names replaced by what is here. */
export interface Sample {
  readonly product: Product;
  readonly namespace: string;
  /** Where its `registry.example.com/caches` is. */
  readonly repositories: string;
  /** The repository of its project. */
  readonly project: string;
  /** Makes the project of a sample, with other files in it, the next commit of its repository. */
  readonly commit: (project: string, changes?: Readonly<Record<string, string>>) => Promise<void>;
  /** Brings what a file of `samples/` defines, with a change to it as it is written, into the namespace; its PipelineRuns are left out. */
  readonly define: (file: string, change?: (object: NewObject) => NewObject) => Promise<void>;
  /** The PipelineRun of a file of `samples/`, to its end. Throws when it fails. */
  readonly run: (file: string, name: string, options?: RunOptions) => Promise<SampleRun>;
}

/** For the top of a `describe`: a namespace, a git server, and the Task that clones. Gives a sample repositories and names of its own there. */
export const useSamples = (): ((name: string) => Sample) => {
  const ground = useProduct({ prefix: 'samples' });
  const images: Record<string, string> = {};
  let git: GitServer;
  before(async function () {
    this.timeout(patient(120_000));
    const { state, local } = ground.product.cluster;
    git = await startGitServer(local.hostAddress);
    for (const [image, standIn] of Object.entries(IMAGES)) {
      images[image] = await provideSampleImage(standIn, state.registry.host);
    }
    const { product, space } = ground;
    await defineIn(product, space.name, 'golang/task-git-clone.yaml', (object) => withTexts(object, images));
  });
  after(async () => await git?.stop());

  return (name) => {
    const { product, space } = ground;
    const repositories = `${product.registry}/${space.name}/${name}`;
    const texts = { ...images, [PLACES.project]: git.url(name), [PLACES.registry]: repositories };
    return {
      product,
      namespace: space.name,
      repositories,
      project: git.url(name),
      commit: async (project, changes = {}) => {
        await git.commit(name, { ...(await readApp(project)), ...changes });
      },
      define: async (file, change = (object) => object) =>
        await defineIn(product, space.name, file, (object) => withTexts(change(object), texts)),
      run: async (file, turn, options = {}) =>
        await runOf(product, file, {
          ...options,
          name: `${name}-${turn}`,
          namespace: space.name,
          texts: { ...texts, ...options.texts },
        }),
    };
  };
};

const defineIn = async (
  { cluster }: Product,
  namespace: string,
  file: string,
  fit: (object: NewObject) => NewObject,
): Promise<void> => {
  for (const object of await readObjects(`samples/${file}`)) {
    if (object.kind === 'PipelineRun') continue;
    const fitted = withoutTls(fit(object));
    await cluster.api.apply({ ...fitted, metadata: { ...fitted.metadata, namespace } });
  }
};

const runOf = async (
  { cluster }: Product,
  file: string,
  { name, namespace, texts = {}, params, environment: more }: RunOptions & { readonly name: string; readonly namespace: string },
): Promise<SampleRun> => {
  const { api, local } = cluster;
  const object = (await readObjects(`samples/${file}`)).find(({ kind }) => kind === 'PipelineRun');
  if (object === undefined) throw new Error(`samples/${file} has no PipelineRun`);
  const environment = { npm_config_registry: `${local.mirror}/npm/`, GOPROXY: `${local.mirror}/go`, ...more };
  const fitted = asRun(withTexts(object, texts), { name, namespace, environment, ...(params && { params }) });
  const finished = await runToTheEnd(api, fitted);
  const { apiVersion, kind } = object;
  const run = await api.get<KubeObject>({ apiVersion, kind, name, namespace });
  return { ...finished, downloads: await downloadsOfRun(cluster, run) };
};
