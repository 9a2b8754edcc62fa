import type { LogControl } from '../../shared/log.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { Informer } from '../kube/informer/informer.ts';
import { CONFIG_MAPS } from '../kube/objects/resource.ts';
import type { ConfigMap } from '../kube/objects/resource.ts';
import { CONFIG_MAP } from './config.ts';
import { LiveConfig } from './live-config.ts';
import type { Config } from './table.ts';

interface GuardedConfigOptions {
  readonly client: KubeClient;
  /** The namespace of the installation. */
  readonly namespace: string;
  /** Matches the problems of the guarded keys. A key that cannot be read must not be taken for one that nobody wrote. */
  readonly guarded: RegExp;
  /** Gets the level of the configuration. */
  readonly log: LogControl;
}

/** The configuration of a program that must not act on defaults where somebody has written something else. */
export class GuardedConfig {
  readonly #informer: Informer<ConfigMap>;
  readonly #config: LiveConfig;
  readonly #key: string;
  #isKnown = false;

  constructor({ client, namespace, guarded, log }: GuardedConfigOptions) {
    this.#key = `${namespace}/${CONFIG_MAP}`;
    this.#informer = new Informer({
      client,
      resource: CONFIG_MAPS,
      selection: { namespace, fieldSelector: `metadata.name=${CONFIG_MAP}` },
      log,
    });
    this.#config = new LiveConfig({
      informer: this.#informer,
      ownImage: '',
      log,
      onChange: ({ logLevel }, problems) => {
        log.level = logLevel;
        this.#isKnown ||= !problems.some((problem) => guarded.test(problem));
      },
      // Whoever deletes the ConfigMap may be about to create it again: until then nobody knows what it says.
      onDelete: () => (this.#isKnown = false),
    });
  }

  get current(): Config {
    return this.#config.current;
  }

  /** False until the guarded keys were read once without a problem. After that, a bad value changes nothing: its key keeps the value it had. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The state of the configuration, for `/readyz`. */
  get detail(): string {
    return this.#isKnown ? 'known' : 'not read yet, or a key of it is wrong';
  }

  start(): void {
    this.#informer.start();
    void this.#informer.synced().then(
      // An installation without a ConfigMap has the defaults.
      () => (this.#isKnown ||= this.#informer.get(this.#key) === undefined),
      () => undefined,
    );
  }

  async stop(): Promise<void> {
    await this.#informer.stop();
  }
}
