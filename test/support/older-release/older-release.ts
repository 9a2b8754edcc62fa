import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Pod } from '../../../controller/kube/objects/pod.ts';
import type { CustomRun } from '../../../controller/tekton/custom-run.ts';
import type { Resolver } from '../../../shared/rewrite/tekton/read/reference.ts';
import { runCommand } from '../command.ts';

interface OlderRelease {
  /** Pictures of the entries, a line a path. */
  readonly one: readonly string[];
  readonly two: readonly string[];
  /** Of the helper, for the entry `one` in `oci:/store` and the directory `/workspace/cache`. */
  readonly request: string;
  /** Its termination message. */
  readonly report: string;
  /** Under way, with a helper pod. */
  readonly run: CustomRun;
  readonly pod: Pod;
  /** Of the second task of a Pipeline that `wrap` has rewritten: what it wants comes from the task `one`. */
  readonly taskRef: {
    readonly resolver: Resolver;
    readonly params: readonly { readonly name: string; readonly value: string }[];
  };
}

export const OLDER: OlderRelease = JSON.parse(readFileSync(join(import.meta.dirname, 'controller.json'), 'utf8'));

/** Lays its store and its workspaces into a directory. */
export async function unpackOlder(directory: string): Promise<void> {
  const archive = join(import.meta.dirname, 'workspaces.tar.gz');
  await runCommand('tar', ['--extract', '--preserve-permissions', '--no-same-owner', '--file', archive], {
    cwd: directory,
  });
}
