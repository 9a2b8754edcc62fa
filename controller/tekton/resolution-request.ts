import type { KubeObject } from '../kube/objects/object.ts';
import type { Resource } from '../kube/objects/resource.ts';
import { isDecided } from './condition.ts';
import type { Condition } from './condition.ts';

/** https://github.com/tektoncd/pipeline/blob/v1.15.0/docs/resolution-getting-started.md */
export interface ResolutionRequest extends KubeObject {
  readonly spec: {
    readonly params?: readonly { readonly name: string; readonly value: unknown }[];
    /** The address in the concise syntax `resolver: git, name: https://...`. */
    readonly url?: string;
  };
  readonly status?: ResolutionStatus;
}

interface ResolutionStatus {
  readonly conditions?: readonly Condition[];
  /** The answer in base64. */
  readonly data?: string;
  readonly refSource?: RefSource | null;
}

/** Where the answer comes from; Tekton hands it on as provenance. */
export interface RefSource {
  readonly uri?: string;
  /** Hex digests by algorithm. */
  readonly digest?: Readonly<Record<string, string>>;
  readonly entryPoint?: string;
}

export const RESOLUTION_REQUESTS: Resource<ResolutionRequest> = {
  group: 'resolution.tekton.dev',
  version: 'v1beta1',
  plural: 'resolutionrequests',
  kind: 'ResolutionRequest',
};

/** Which resolver a request is for. */
export const RESOLVER_LABEL = 'resolution.tekton.dev/type';
export const CONTENT_TYPE_ANNOTATION = 'resolution.tekton.dev/content-type';

/** Answered or refused: nothing may be written to it any more. */
export function isRequestDone({ status }: ResolutionRequest): boolean {
  return (status?.data ?? '') !== '' || isDecided(status?.conditions);
}
