import { quantityOf } from '../../../interface/text/quantity.ts';
import { isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { StepTemplate } from '../../tekton/tekton.ts';

/**
 * The resources of a step of ours in a Task with this stepTemplate, which Tekton merges into each step, resource by resource. A request above
 * the limit of the other would be refused, and the whole pod with it: then the limit is the request. What is no quantity is for the API server to judge.
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
