import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { kubeconfigOf } from '../machine/identities.ts';

/** Applies files and objects on the server's side; the client's way would copy whole CRDs into an annotation. */
export const applyAll = async (
  kubernetesTools: string,
  files: readonly string[],
  objects: readonly object[] = [],
): Promise<void> => {
  const sources = [...files.flatMap((file) => ['-f', file]), ...(objects.length > 0 ? ['-f', '-'] : [])];
  await runCommand(
    join(kubernetesTools, 'kubectl'),
    ['apply', '--server-side', '--force-conflicts', '-o', 'name', ...sources],
    {
      env: { KUBECONFIG: kubeconfigOf('admin') },
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    },
  );
};
