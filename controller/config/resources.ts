/** Reads the key `resources`. A mistake in it would break each Task with our steps, so it is found when somebody writes it. */
import { invalidParams } from '../../shared/errors.ts';
import { quantityOf } from '../../shared/interface/text/quantity.ts';
import type { ResourceRequirements } from '../kube/objects/pod.ts';
import { isMapping, readMapping } from './read-value.ts';
import type { Reader } from './read-value.ts';

/**
 * Below this a container cannot hold the pages of Node itself. The kernel then reads them again and again instead of killing
 * the process: with 48 Mi and a cold page cache the helper ran for minutes without reaching its first line, with 64 Mi it took 2 s.
 */
export const MEMORY_FLOOR = '64Mi';

const readFields = readMapping<ResourceRequirements>(['requests', 'limits', 'claims']);

/** Kubernetes' own resources of a container; all others have a domain in their name: `example.com/gpu`. */
const STANDARD = /^(?:cpu|memory|ephemeral-storage|hugepages-[A-Za-z0-9]+)$/;

/** What the API server takes for a container. Throws `InvalidParams`. */
export const readResources: Reader<ResourceRequirements> = (text) => {
  const resources = readFields(text);
  const requests = amountsOf('requests', resources.requests);
  const limits = amountsOf('limits', resources.limits);
  for (const [name, request] of requests) {
    const limit = limits.get(name) ?? Number.POSITIVE_INFINITY;
    if (request > limit) throw invalidParams(`\`requests.${name}\` is above \`limits.${name}\``);
  }
  if (isBelowFloor(resources.limits?.['memory'])) {
    throw invalidParams(`\`limits.memory\` is below the ${MEMORY_FLOOR} that Node needs to start`);
  }
  return resources;
};

/** What is no quantity is not below. */
export function isBelowFloor(memory: unknown): boolean {
  return quantityOf(memory) < quantityOf(MEMORY_FLOOR);
}

function amountsOf(field: string, amounts: unknown): ReadonlyMap<string, number> {
  if (amounts === undefined || amounts === null) return new Map();
  if (!isMapping(amounts)) throw invalidParams(`\`${field}\` is no YAML mapping`);
  return new Map(Object.entries(amounts).map(([name, amount]) => [name, amountOf(`${field}.${name}`, name, amount)]));
}

function amountOf(place: string, name: string, amount: unknown): number {
  if (!STANDARD.test(name) && !name.includes('/')) {
    throw invalidParams(`\`${place}\` is no resource of a container, as cpu, memory and ephemeral-storage are`);
  }
  const quantity = quantityOf(amount);
  if (Number.isNaN(quantity))
    throw invalidParams(`\`${place}\`: ${JSON.stringify(amount)} is not a quantity such as 1Gi or 500m`);
  return quantity;
}
