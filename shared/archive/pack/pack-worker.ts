/** A thread that packs frames and digests files for PackPool. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { asCacheError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { FramePacker } from './frame-packer.ts';
import { readTask } from './pack-task.ts';
import type { PackResult, PackSettings, ReadResult } from './pack-task.ts';
import { digestAll } from './source-file.ts';
import { withSource } from './source.ts';

/** `pack` is a task as it travels (writeTask). */
export type WorkerTask = { readonly pack: string } | { readonly digest: readonly string[] };
export type WorkerAnswer =
  | { readonly packed: PackResult }
  | { readonly digested: readonly ReadResult[] }
  | { readonly code: ErrorCode; readonly message: string };

function serve(port: MessagePort, settings: PackSettings): void {
  const packer = new FramePacker(settings);
  port.on('message', (task: WorkerTask) => {
    try {
      if ('pack' in task) {
        const packed = packer.pack(readTask(task.pack), task.pack);
        port.postMessage({ packed } satisfies WorkerAnswer, [packed.compressed.buffer]);
      } else {
        const digested = withSource(settings.root, (source) => digestAll(source, task.digest));
        port.postMessage({ digested } satisfies WorkerAnswer, []);
      }
    } catch (error) {
      const { code, message } = asCacheError(error);
      port.postMessage({ code, message } satisfies WorkerAnswer, []);
    }
  });
}

if (parentPort !== null) serve(parentPort, workerData);
