import type { NamespaceOptions } from '../../support/cluster/test-namespace.ts';
import { installStepActions, runTask } from '../../support/product/task-runs.ts';
import type { TaskRun } from '../../support/product/task-runs.ts';
import type { Ground } from '../cache-run/ground.ts';
import { useProduct } from '../cache-run/ground.ts';

/** The product, with its StepActions in a namespace of the suite's own. */
export interface StepGround {
  readonly ground: Ground;
  /** Runs steps on emptyDirs `source` and `deps`, to the end. `spec` is the TaskRun's. */
  readonly run: (name: string, steps: readonly object[], options?: StepRunOptions) => Promise<TaskRun>;
  /** An image reference of this suite's own. */
  readonly target: (name: string, tag?: string) => string;
}

interface StepRunOptions {
  /** Fields of the TaskRun's spec. */
  readonly spec?: object;
  /** Fields of the Task. */
  readonly task?: object;
}

/** For the top of a `describe`. */
export function useStepActions(options: NamespaceOptions = {}): StepGround {
  const ground = useProduct({ prefix: 'steps', ...options });
  before(async () => {
    const { product, space } = ground;
    await installStepActions(product.cluster.api, space.name, product.image);
  });
  const workspaces = ['source', 'deps'];
  return {
    ground,
    target: (name, tag = 'fixed') => `${ground.product.registry}/${ground.space.name}/${name}:${tag}`,
    run: async (name, steps, { spec = {}, task = {} } = {}) =>
      await runTask(ground.product.cluster.api, {
        metadata: { name, namespace: ground.space.name },
        spec: {
          taskSpec: { workspaces: workspaces.map((workspace) => ({ name: workspace })), steps, ...task },
          workspaces: workspaces.map((workspace) => ({ name: workspace, emptyDir: {} })),
          ...spec,
        },
      }),
  };
}
