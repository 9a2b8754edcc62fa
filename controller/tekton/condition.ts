/** https://github.com/knative/specs/blob/main/specs/knative-api-specification-1.0.md#conditions */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  /** When `status` last became what it is; RFC 3339 with whole seconds. */
  readonly lastTransitionTime?: string;
}

/** What a run says about itself now. */
export interface Verdict {
  readonly status: Condition['status'];
  /** CamelCase, for machines; Tekton reads it as `$(tasks.NAME.reason)`. */
  readonly reason: string;
  readonly message: string;
}

const SUCCEEDED = 'Succeeded';

export function succeededCondition(conditions: readonly Condition[] | null | undefined): Condition | undefined {
  return conditions?.find((condition) => condition.type === SUCCEEDED);
}

/** Decided, one way or the other: nothing may change it any more. */
export function isDecided(conditions: readonly Condition[] | null | undefined): boolean {
  const status = succeededCondition(conditions)?.status;
  return status === 'True' || status === 'False';
}

/**
 * The conditions of a run: `Succeeded` alone, because Tekton takes the reason of the first one, whatever its type.
 * The time of the transition moves only when the status does.
 */
export function conditionsFrom(
  verdict: Verdict,
  previous: readonly Condition[] | null | undefined,
  now: Date,
): readonly [Condition] {
  const known = succeededCondition(previous);
  const since = known?.status === verdict.status ? known.lastTransitionTime : undefined;
  return [{ type: SUCCEEDED, ...verdict, lastTransitionTime: since ?? timeOf(now) }];
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timeOf(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
