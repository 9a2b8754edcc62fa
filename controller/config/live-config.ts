import type { Log } from '../../shared/log.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Informer } from '../kube/informer/informer.ts';
import type { ConfigMap } from '../kube/objects/resource.ts';
import { CONFIG_MAP, readConfig } from './config.ts';
import type { Config } from './table.ts';

interface LiveConfigOptions {
  /** Follows the one ConfigMap; it need not exist. */
  readonly informer: Informer<ConfigMap>;
  /** Told of values that were not taken. */
  readonly events?: EventRecorder;
  /** Image of the controller itself. */
  readonly ownImage: string;
  readonly log: Log;
  /** The authority of the installation's own certificates (PEM), for the key `registry-ca` where that is empty; empty as long as there is none. */
  readonly authority?: () => string;
  /** The public keys that the token service publishes (PEM), for the key `provenance-keys` where that is empty. */
  readonly publicKeys?: () => string;
  /** Called after each change, with a sentence for each key that was not taken. */
  readonly onChange: (config: Config, problems: readonly string[]) => void;
  /** When the ConfigMap is deleted, what it said last counts until it comes back. Else every key has its default then. */
  readonly outlivesDeletion?: boolean;
  /** Called after `onChange` when the ConfigMap was deleted, and every key has its default. */
  readonly onDelete?: () => void;
}

/** The configuration as it is now. Changes take effect with the next run; a bad value is reported and not taken. */
export class LiveConfig {
  readonly #options: LiveConfigOptions;
  #config: Config;
  /** The values that were read last; undefined before the ConfigMap was read, and since it was deleted. */
  #last: Config | undefined;
  #problems: readonly string[] = [];

  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#config = { ...readConfig({}).config, image: options.ownImage };
    options.informer.onEvent(({ type, object }) => {
      if (object.metadata.name !== CONFIG_MAP || type === 'resync') return;
      if (type === 'delete') this.#takeDeletion(object);
      else this.#take(object);
    });
  }

  get current(): Config {
    const { authority, publicKeys } = this.#options;
    const registryCa = this.#config.registryCa || (authority?.() ?? '');
    const provenanceKeys = this.#config.provenanceKeys || (publicKeys?.() ?? '');
    return { ...this.#config, registryCa, provenanceKeys };
  }

  /** A sentence for each key that is not taken now, or that there is no ConfigMap any more. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whoever deletes the ConfigMap mostly makes it anew. Until then, runs without a `target` would fail if its values did not count. */
  #takeDeletion(configMap: ConfigMap): void {
    const { log, outlivesDeletion = false, onChange, onDelete } = this.#options;
    if (outlivesDeletion) {
      const problem = 'it was deleted: what it said last counts until it comes back, or this process starts anew';
      this.#problems = [problem];
      log.error('bad configuration', { configMap: CONFIG_MAP, problem });
      onChange(this.#config, this.#problems);
      return;
    }
    this.#take({ ...configMap, data: {} });
    this.#last = undefined;
    onDelete?.();
  }

  #take(configMap: ConfigMap): void {
    const { log, events, ownImage, onChange } = this.#options;
    const { config, problems } = readConfig(configMap.data ?? {}, this.#last);
    this.#config = config.image === '' ? { ...config, image: ownImage } : config;
    this.#last = this.#config;
    this.#problems = problems;
    for (const problem of problems) log.error('bad configuration', { configMap: CONFIG_MAP, problem });
    if (problems.length > 0) {
      const event = { type: 'Warning', reason: 'InvalidConfiguration', message: problems.join('. ') } as const;
      void events?.record({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap }, event);
    }
    log.info('configuration taken', { resourceVersion: configMap.metadata.resourceVersion });
    onChange(this.#config, problems);
  }
}
