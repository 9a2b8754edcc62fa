import module from 'node:module';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread. A thread does not take the compile cache of its process over by itself, and without it reads all modules anew:
 * 40 ms instead of 150.
 */
export function startThread(url: URL, options: Omit<WorkerOptions, 'env'> = {}): Worker {
  const cache = module.getCompileCacheDir();
  const env = cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cache };
  return new Worker(url, { ...options, env });
}
