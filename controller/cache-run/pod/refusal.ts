import type { ApiError } from '../../kube/api/api-error.ts';

interface Hint {
  /** Matches the words of admission plugins, which have no codes. */
  readonly says: RegExp;
  readonly todo: string;
}

const HINTS: readonly Hint[] = [
  {
    // A ResourceQuota that wants limits or requests, a LimitRange that has bounds:
    // https://github.com/kubernetes/kubernetes/blob/v1.34.0/plugin/pkg/admission/limitranger/admission.go
    says: /must specify | usage per \w+ is | max limit to request ratio per /,
    todo: 'Say `resources` in the configuration, or `computeResources` of this task in the PipelineRun, as the namespace wants them.',
  },
  {
    says: /security context constraint/,
    todo: 'Say `run-as: platform` in the configuration, and neither `run-as` nor a user of the podTemplate in the run.',
  },
];

/** A sentence: why the API server takes no pod, in its own words, and what to write where. */
export function refusal({ detail }: ApiError): string {
  const hint = HINTS.find(({ says }) => says.test(detail));
  return `The helper pod was refused: ${detail}${hint === undefined ? '' : `. ${hint.todo}`}`;
}
