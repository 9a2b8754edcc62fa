/**
 * A resolution without I/O, in two steps: what is asked for, and, once that was read, what becomes of it.
 */
import { invalidParams } from '../errors.ts';
import { defaultTargetFor } from '../request/default-target.ts';
import { repositoryOfTemplate } from '../request/template.ts';
import { toV1 } from './tekton/read/conversion.ts';
import { compact, isObject } from './json/json.ts';
import type { Json, JsonObject } from './json/json.ts';
import type { RewriteSettings } from './plan/tasks/pipeline-context.ts';
import { rewritePipeline } from './write/pipeline-rewrite.ts';
import { readPlan } from './plan/read-plan.ts';
import { readReference } from './tekton/read/reference.ts';
import type { Kind, Reference, TextReference } from './tekton/read/reference.ts';
import { checkNames, readOptions } from './ask/resolver-params.ts';
import type { ResolverParams } from './ask/resolver-params.ts';
import { withPresetKey } from './ask/preset-key.ts';
import { isPipeline, isTask } from './tekton/read/schema.ts';
import { defaultReplacements, substitute } from './tekton/pipeline/substitution.ts';
import { resolveTask } from './task-resolve.ts';
import { writeTask } from './write/preset-task.ts';
import { emptyTask, rewriteTask } from './write/task-rewrite.ts';
import { withOwnName } from './ask/written-param.ts';
import type { Asked } from './ask/written-param.ts';
import { writtenPipeline } from './ask/written-pipeline.ts';
import { TEKTON_V1 } from './tekton/tekton.ts';
import type { Pipeline, Run, Task } from './tekton/tekton.ts';

export type { RewriteSettings } from './plan/tasks/pipeline-context.ts';

export interface Rewriting extends Asked {
  /** The run that asks. */
  readonly run: Run;
  /** What the reference led to, as it was read; nothing where nothing had to be. */
  readonly document: JsonObject | undefined;
  readonly settings: RewriteSettings;
}

const PATHS = '`pipelineref`, `pipelinespec` or `taskref`';

/** What has to be read before rewriting; nothing for a task that is ours alone. Refuses what can be refused before reading. */
export function whatToRead({ resolver, params }: Asked): Reference | TextReference | undefined {
  checkNames(resolver, params);
  const reference = readReference(params);
  if (reference === undefined && params['plan'] === undefined) {
    throw invalidParams(`One of ${PATHS} is required: what the resolver \`${resolver}\` is to rewrite.`);
  }
  if (!Object.values(params).some(holdsVariable)) readOptions(resolver, params);
  return reference;
}

/** The Pipeline or Task to hand to Tekton, in v1. Throws InvalidParams or WorkspaceNotSupported with a sentence. */
export function resolve({ resolver, params, run, document: read, settings }: Rewriting): Pipeline | Task {
  const { plan, pipelinespec } = params;
  if (plan !== undefined) return planned({ name: `${resolver}-collect`, plan, document: read, settings });
  const document = pipelinespec === undefined ? read : writtenPipeline({ resolver, params }, run);
  if (document === undefined) throw invalidParams(`One of ${PATHS} is required.`);
  const object = bare(toV1(document));
  if (isPipeline(object)) {
    const filled = substituteAll(withOwnName({ resolver, params }, run, object.metadata.name), object, run);
    const repository = configuredRepository(settings, object.metadata.name);
    const options = withPresetKey(readOptions(resolver, filled), repository);
    return rewritePipeline({ pipeline: object, run, options, settings });
  }
  if (isTask(object)) {
    const named = withOwnName({ resolver, params }, run, object.metadata.name);
    const options = withPresetKey(readOptions(resolver, named), configuredRepository(settings, undefined));
    return resolveTask({ task: object, run, options, settings });
  }
  throw invalidParams('What was read is neither a Pipeline nor a Task.');
}

/** Empty where no target is configured. */
function configuredRepository({ target = '', registryToken }: RewriteSettings, pipeline: string | undefined): string {
  const values = pipeline === undefined ? {} : { pipeline };
  return repositoryOfTemplate(defaultTargetFor(target, values, registryToken?.registry));
}

/** Refuses an answer of the wrong kind, before it is taken for the right one. */
export function checkKind(document: JsonObject, wanted: Kind): void {
  if (document['kind'] === wanted) return;
  throw invalidParams(`The reference is to a ${wanted}, and leads to kind ${JSON.stringify(document['kind'])}.`);
}

interface Planned {
  /** The name of a Task that is resolved by itself. */
  readonly name: string;
  readonly plan: Json;
  readonly document: JsonObject | undefined;
  readonly settings: RewriteSettings;
}

/** A Task of a Pipeline that was rewritten before, now that Tekton asks for it. */
function planned({ name, plan: param, document, settings }: Planned): Task {
  const plan = readPlan(param);
  if (document === undefined) {
    const workspaces = [
      ...plan.caches.map(({ workspace }) => workspace),
      ...(plan.source === undefined ? [] : [plan.source]),
    ];
    const spec = emptyTask([...new Set(workspaces)]);
    const metadata = { name };
    return { apiVersion: TEKTON_V1, kind: 'Task', metadata, spec: rewriteTask({ spec, metadata, plan, settings }) };
  }
  const task = bare(toV1(document));
  if (!isTask(task)) throw invalidParams('`taskref` does not lead to a Task.');
  return { ...task, ...writeTask({ spec: task.spec, metadata: task.metadata, plan, settings }) };
}

function substituteAll(params: ResolverParams, pipeline: Pipeline, run: Run): ResolverParams {
  const defaults = defaultReplacements(pipeline, run);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, substitute(value, defaults)]));
}

function holdsVariable(value: Json): boolean {
  return JSON.stringify(value).includes('$(');
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The document without what only a stored object has. Tekton creates the object in a dry run, and refuses one with a resourceVersion. */
function bare(document: JsonObject): JsonObject {
  const { apiVersion, kind, metadata, status: _, ...rest } = document;
  const { name, labels, annotations } = isObject(metadata) ? metadata : {};
  const kept = isObject(annotations)
    ? Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== LAST_APPLIED))
    : undefined;
  const annotated = kept === undefined || Object.keys(kept).length === 0 ? undefined : kept;
  return { apiVersion, kind, metadata: compact({ name, labels, annotations: annotated }), ...rest };
}
