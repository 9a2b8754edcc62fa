import { isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { StepTemplate } from '../../tekton/tekton.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The resources of a step of ours in a Task with this stepTemplate, which Tekton merges into each step, resource by resource. A request above
 * the limit of the other would be refused, and the whole pod with it: then the limit is the request.
 */
export function stepResources(ours: JsonObject, template: StepTemplate | undefined): JsonObject {
  const theirs = template?.['computeResources'];
  const limits = { ...fieldOf(theirs, 'limits'), ...fieldOf(ours, 'limits') };
  const requests = { ...fieldOf(theirs, 'requests'), ...fieldOf(ours, 'requests') };
  const lowered = Object.entries(limits).filter(([name, limit]) => quantityOf(requests[name]) > quantityOf(limit));
  if (lowered.length === 0) return ours;
  return { ...ours, requests: { ...fieldOf(ours, 'requests'), ...Object.fromEntries(lowered) } };
}

function fieldOf(resources: Json | undefined, name: string): JsonObject {
  const field = isObject(resources) ? resources[name] : undefined;
  return isObject(field) ? field : {};
}

/** Not a number where it is none that we know: the API server judges it. */
function quantityOf(value: Json | undefined): number {
  const text = typeof value === 'string' || typeof value === 'number' ? `${value}` : '';
  const [, digits, unit = ''] = /^\+?(\d+(?:\.\d*)?|\.\d+)([A-Za-z]{0,2}|[eE][+-]?\d{1,2})$/.exec(text) ?? [];
  return /\d$/.test(unit) ? Number(digits + unit) : Number(digits) * (UNITS[unit] ?? Number.NaN);
}
