import { isBelowFloor, MEMORY_FLOOR } from '../../config/resources.ts';
import type { ResourceRequirements } from '../../kube/objects/pod.ts';

/** A sentence: why there can be no pod with this limit; undefined for one that will do. What cannot be read is for the API server to refuse. */
export function memoryObstacle(resources: ResourceRequirements): string | undefined {
  const limit = resources.limits?.['memory'];
  if (!isBelowFloor(limit)) return undefined;
  return (
    `The memory limit of the helper, ${limit}, is below the ${MEMORY_FLOOR} that it needs to start: raise \`resources\` in the ` +
    'configuration, or `computeResources` of this task in the PipelineRun.'
  );
}
