import { readPort } from './server/port.ts';

/** What a process is told at its start; everything else is in the ConfigMap. */
export interface Environment {
  /** Where the ConfigMap is. */
  readonly namespace: string;
  /** Image of the controller, which helper pods use as well unless the ConfigMap names another one. */
  readonly image: string;
  readonly healthPort: number;
  /** How long the main thread may stand still before the process is taken for dead; milliseconds. */
  readonly stillMs: number;
  /** How long runs wait for what helpers get from other objects than the configuration; milliseconds. */
  readonly firstReadMs: number;
}

/** Throws for what is missing, with what to do. */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { SYSTEM_NAMESPACE: namespace = 'tekton-cache', IMAGE: image = '', HEALTH_PORT: port = '8080' } = environment;
  if (image === '') throw new Error('the variable IMAGE is not set: the image that helper pods run');
  const healthPort = readPort('HEALTH_PORT', port);
  const stillMs = readSeconds('HEALTH_STILL_SECONDS', environment['HEALTH_STILL_SECONDS'] ?? '60');
  const firstReadMs = readSeconds('FIRST_READ_SECONDS', environment['FIRST_READ_SECONDS'] ?? '5');
  return { namespace, image, healthPort, stillMs, firstReadMs };
}

const DAY_MS = 86_400_000;

/** Milliseconds. */
function readSeconds(name: string, text: string): number {
  const milliseconds = Number(text) * 1000;
  if (!(milliseconds > 0 && milliseconds <= DAY_MS)) throw new Error(`${name} is no number of seconds up to a day`);
  return milliseconds;
}
