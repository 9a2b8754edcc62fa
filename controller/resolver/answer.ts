import { CacheError, ERROR_CODES } from '../../shared/errors.ts';
import { STEPS_LABEL } from '../../shared/interface/injected-step.ts';
import type { JsonObject } from '../../shared/rewrite/json/json.ts';
import type { Resolver } from '../../shared/rewrite/tekton/read/reference.ts';
import type { Pipeline, Task } from '../../shared/rewrite/tekton/tekton.ts';
import { timeOf } from '../tekton/condition.ts';
import { CONTENT_TYPE_ANNOTATION } from '../tekton/resolution-request.ts';
import type { RefSource } from '../tekton/resolution-request.ts';

/** A request and the run that keeps its answer both have to fit into an object of the API server. */
const ANSWER_BYTES = 1_000_000;

/**
 * What was rewritten, with the label by which its steps are counted. Tekton copies the labels of a Pipeline to its PipelineRun, and those of a run
 * to its TaskRuns. What stayed as it was has no label: somebody may have signed it, and its labels count.
 */
export function labelled<Kind extends Pipeline | Task>(
  document: Kind,
  before: JsonObject | undefined,
  resolver: Resolver,
): Kind {
  const { metadata, spec } = document;
  if (JSON.stringify(spec) === JSON.stringify(before?.['spec'])) return document;
  return { ...document, metadata: { ...metadata, labels: { ...metadata.labels, [STEPS_LABEL]: resolver } } };
}

/**
 * The status that answers a request. The conditions are Tekton's to write. `refSource` and `source` are never null: the schema requires them,
 * and a merge patch would take null for a deletion.
 */
export function answered(document: object, refSource: RefSource): object {
  // JSON is YAML in which `off` and `yes` are words.
  const data = Buffer.from(JSON.stringify(document)).toString('base64');
  if (data.length > ANSWER_BYTES) {
    throw new CacheError(
      ERROR_CODES.TooLarge,
      `The rewritten document has ${data.length} bytes in base64, more than the ${ANSWER_BYTES} that fit into a request. Rewrite fewer tasks, or refer to Tasks instead of embedding them.`,
    );
  }
  return {
    data,
    annotations: { [CONTENT_TYPE_ANNOTATION]: 'application/yaml' },
    refSource,
    source: refSource,
  };
}

/** The status that refuses a request, with a sentence that Tekton shows on the run. */
export function refused(message: string, now: Date): object {
  const condition = {
    type: 'Succeeded',
    status: 'False',
    reason: 'ResolutionFailed',
    message,
    lastTransitionTime: timeOf(now),
  };
  return { conditions: [condition], data: '', refSource: {}, source: {} };
}
