import { expect } from 'chai';
import { stringify } from 'yaml';
import { isJson, isObject } from '../../../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../../shared/rewrite/json/json.ts';
import type { Run as ExampleRun } from '../../../../shared/rewrite/tekton/tekton.ts';
import { onEmptyDirs, readTektonExamples } from '../../../rewrite/tekton-examples.ts';
import type { Example } from '../../../rewrite/tekton-examples.ts';
import { createTestNamespace } from '../../../support/cluster/test-namespace.ts';
import type { KubeObject } from '../../../support/kube/kube-api.ts';
import { conditionOf, isDone, paramsOf, resultsOf, SHELL } from '../../../support/product/runs.ts';
import type { Run } from '../../../support/product/runs.ts';
import { together } from '../../../support/product/together.ts';
import type { Scenario } from '../../../support/product/together.ts';
import { useProduct } from '../../cache-run/ground.ts';

const FOLDER = 'examples/v1/pipelineruns';
/** Those that need nothing but a shell: no git, no network, no Node, no feature that is alpha. */
const NAMES = [
  'ignore-step-error',
  'mapping-workspaces',
  'pipelinerun-using-different-subpaths-of-workspace',
  'pipelinerun-using-parameterized-subpath-of-workspace',
  'pipelinerun-with-parallel-tasks-using-pvc',
  'pipelinerun-with-when-expressions',
  'propagating-workspaces',
  'propagating-workspaces-in-pipelines',
  'propagating_workspaces_with_referenced_resources',
  'workspace-from-volumeclaimtemplate',
  'workspaces',
  'workspaces-projected',
];

const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const DEADLINE_MS = 300_000;

/** What a run did, as its author sees it. */
interface Outcome {
  readonly end: string;
  readonly results: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
  /** How each task ended, and its results. */
  readonly tasks: Readonly<Record<string, unknown>>;
}

describe("Tekton's own examples end the same", function () {
  this.timeout(1_200_000);
  const ground = useProduct({ prefix: 'examples' });

  const runAllWays = async (name: string): Promise<void> => {
    const example = (await readTektonExamples()).find((one) => one.name === `${FOLDER}/${name}.yaml`);
    if (example === undefined) throw new Error(`Tekton has no example ${name}`);
    const { api } = ground.product.cluster;
    const space = await createTestNamespace(api, { prefix: 'example' });
    try {
      for (const object of [...example.others, named(example.pipeline)])
        await api.create(inNamespace(object, space.name));
      const run = async (way: string, pipelineRef: object, { spec }: ExampleRun): Promise<Outcome> => {
        const { pipelineSpec: _, ...rest } = spec;
        await api.create({
          ...PIPELINE_RUN,
          metadata: { name: way, namespace: space.name },
          spec: { ...rest, pipelineRef },
        });
        const done = await api.waitFor<Run>({ ...PIPELINE_RUN, name: way, namespace: space.name }, isDone, DEADLINE_MS);
        return await outcomeOf(done, space.name);
      };
      const common = {
        pipelineref: 'p',
        workspaces: example.workspaces.join(','),
        target: `${ground.product.registry}/${space.name}/{{workspace}}:end`,
        insecure: 'true',
      };
      const resolver = (way: string) => ({ resolver: way, params: paramsOf(common) });
      const [plain, wrapped] = await Promise.all([
        run('plain', { name: 'p' }, example.run),
        run('wrap', resolver('wrap'), onEmptyDirs(example.run)),
      ]);
      expect(plain.end, `${space.name}/plain`).to.match(/^True /);
      expect(wrapped, `${space.name}/wrap`).to.deep.equal(plain);
      // Last: it begins with what `wrap` has left.
      expect(await run('cache', resolver('cache'), example.run), `${space.name}/cache`).to.deep.equal(plain);
    } finally {
      await space.delete();
    }
  };

  const outcomeOf = async (run: Run, namespace: string): Promise<Outcome> => {
    const selector = `tekton.dev/pipelineRun=${run.metadata.name}`;
    const kind = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace };
    const taskRuns = await ground.product.cluster.api.list<Run>(kind, selector);
    const ours = (name: string): boolean => /^(?:cache|wrap)-collect/.test(name);
    return {
      end: `${conditionOf(run).status} ${conditionOf(run).reason}`,
      results: resultsOf(run),
      skipped: (run.status?.skippedTasks ?? []).map(({ name }) => name).sort(),
      tasks: Object.fromEntries(
        taskRuns
          .map((taskRun): readonly [string, unknown] => [
            taskOf(taskRun),
            { end: conditionOf(taskRun).reason, results: resultsOf(taskRun) },
          ])
          .filter(([name]) => !ours(name))
          .sort(([left], [right]) => (left < right ? -1 : 1)),
      ),
    };
  };

  const scenarios: readonly (readonly [string, Scenario])[] = NAMES.map((name) => [
    `unwrapped, by wrap on emptyDirs, and by cache: ${name}`,
    async () => await runAllWays(name),
  ]);
  together(Object.fromEntries(scenarios));
});

const taskOf = ({ metadata }: KubeObject): string => metadata.labels?.['tekton.dev/pipelineTask'] ?? '';

const named = (pipeline: Example['pipeline']): JsonObject => ({ ...pipeline, metadata: { name: 'p' } });

/** As the bench has it: all images are that with a shell. */
function inNamespace(object: JsonObject, namespace: string) {
  const { apiVersion, kind, metadata, ...rest } = object;
  if (
    typeof apiVersion !== 'string' ||
    typeof kind !== 'string' ||
    !isObject(metadata) ||
    typeof metadata['name'] !== 'string'
  ) {
    throw new Error(`no object: ${stringify(object)}`);
  }
  return { apiVersion, kind, metadata: { name: metadata['name'], namespace }, ...onlyShell(rest) };
}

function onlyShell(object: JsonObject): JsonObject {
  const changed: unknown = JSON.parse(
    JSON.stringify(object, (key, value: Json) => (key === 'image' && typeof value === 'string' ? SHELL : value)),
  );
  if (!isObject(changed) || !isJson(changed)) throw new Error('an object stays one');
  return changed;
}
