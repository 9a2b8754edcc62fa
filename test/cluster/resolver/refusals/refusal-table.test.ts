import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { isObject } from '../../../../shared/rewrite/json/json.ts';
import { readCases } from '../../../rewrite/case.ts';
import type { RewriteCase } from '../../../rewrite/case.ts';
import { isDone, conditionOf } from '../../../support/product/runs.ts';
import type { Run } from '../../../support/product/runs.ts';
import { together } from '../../../support/product/together.ts';
import type { Scenario } from '../../../support/product/together.ts';
import { useProduct } from '../../cache-run/ground.ts';

const CASES = new URL('../../../rewrite/cases/', import.meta.url);
const API_VERSION = 'tekton.dev/v1';

/** Rows that no run on a cluster comes to: Tekton, or the API server, refuses what is asked there before we see it. */
const ELSEWHERE = ['not-a-pipeline', 'own-task-name', 'matrix-of-unknown-size-long-name'];

/** Every row of the table that is refused without a cluster is refused on it, by the run that asked. */
describe('a run shows why it was refused', function () {
  this.timeout(180_000);
  const ground = useProduct({ prefix: 'refused' });

  const expectRefused = async (id: string, row: RewriteCase): Promise<void> => {
    const { product, space } = ground;
    const { resolver, params, run, document, refused } = row;
    const { metadata, spec, kind: asks, ...rest } = run;
    // The name of a run is what one row is about.
    const name = isObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : id;
    const isTask = params['pipelineref'] === undefined && typeof params['taskref'] === 'string';
    const isInPipeline = isTask && asks === 'PipelineRun';
    const kind = isTask && !isInPipeline ? 'TaskRun' : 'PipelineRun';
    const list = Object.entries(await withDocument(id, params, document)).map(([name, value]) => ({ name, value }));
    const reference = { resolver, params: list };
    const asked = isInPipeline
      ? { pipelineSpec: { tasks: [{ name: 'a', taskRef: reference, workspaces: [{ name: 'w' }] }] } }
      : { [isTask ? 'taskRef' : 'pipelineRef']: reference };
    const object = {
      apiVersion: API_VERSION,
      kind,
      metadata: { name, namespace: space.name },
      spec: { ...(isObject(spec) ? spec : rest), ...asked },
    };
    await product.cluster.api.create(object);
    const runName = { apiVersion: API_VERSION, kind, name, namespace: space.name };
    const { status, reason, message } = conditionOf(await product.cluster.api.waitFor<Run>(runName, isDone, 60_000));
    expect({ status, reason }, message).to.deep.equal({
      status: 'False',
      reason: isInPipeline ? 'CouldntGetTask' : isTask ? 'TaskRunResolutionFailed' : 'CouldntGetPipeline',
    });
    expect(message).to.contain((refused ?? '').trim());
  };

  /** The document under a name of its own, where the params name it. */
  const withDocument = async (id: string, params: RewriteCase['params'], document: RewriteCase['document']) => {
    const { pipelineref, taskref, ...others } = params;
    if (document === undefined || others['pipelinespec'] !== undefined) return params;
    if (pipelineref === 'p' && taskref === undefined) return { ...others, pipelinespec: stringify(document) };
    if (typeof taskref !== 'string' || pipelineref !== undefined) return params;
    const object = { ...document, metadata: { name: id, namespace: ground.space.name } };
    await ground.product.cluster.api.create({ apiVersion: API_VERSION, kind: 'Task', ...object });
    return { ...others, taskref: id };
  };

  const scenarios = readdirSync(CASES)
    .sort()
    .flatMap((file) => Object.entries(readCases(new URL(file, CASES))))
    .filter(([, row]) => row.refused !== undefined)
    .filter(([name]) => !ELSEWHERE.includes(name))
    .map(([name, row], at): [string, Scenario] => [name, async () => await expectRefused(`r-${at}`, row)]);
  together(Object.fromEntries(scenarios));
});
