import { readBytes } from '../../config/read-value.ts';
import type { ResourceRequirements } from '../../kube/objects/pod.ts';

/**
 * Below this a container cannot hold the pages of Node itself. The kernel then reads them again and again instead of killing
 * the process: with 48 Mi and a cold page cache the helper ran for minutes without reaching its first line, with 64 Mi it took 2 s.
 */
const FLOOR = '64Mi';

/** A sentence: why there can be no pod with this limit; undefined for one that will do. */
export function memoryObstacle(resources: ResourceRequirements): string | undefined {
  const limit = resources.limits?.['memory'];
  if (limit === undefined || bytesOf(limit) >= readBytes(FLOOR)) return undefined;
  return (
    `The memory limit of the helper, ${limit}, is below the ${FLOOR} that it needs to start: raise \`resources\` in the ` +
    'configuration, or `computeResources` of this task in the PipelineRun.'
  );
}

/** What cannot be read is for the API server to refuse. */
function bytesOf(quantity: string): number {
  try {
    return readBytes(quantity);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
