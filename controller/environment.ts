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
}

/** Throws for what is missing, with what to do. */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { SYSTEM_NAMESPACE: namespace = 'tekton-cache', IMAGE: image = '', HEALTH_PORT: port = '8080' } = environment;
  if (image === '') throw new Error('the variable IMAGE is not set: the image that helper pods run');
  const healthPort = readPort('HEALTH_PORT', port);
  const stillMs = Number(environment['HEALTH_STILL_SECONDS'] ?? 60) * 1000;
  if (!(stillMs > 0)) throw new Error('HEALTH_STILL_SECONDS is no number of seconds above 0');
  return { namespace, image, healthPort, stillMs };
}
