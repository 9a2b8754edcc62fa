import { createHash } from 'node:crypto';

import { messageOf } from '../../shared/errors.ts';
import { cutName } from '../../shared/interface/text/cut.ts';
import type { Log } from '../../shared/log.ts';
import { isAlreadyExists } from './api/api-error.ts';
import type { KubeClient } from './api/client.ts';
import type { KubeObject } from './objects/object.ts';
import { EVENTS } from './objects/resource.ts';

/** What happened to an object, for `kubectl describe` and `kubectl get events`. */
interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  /** The reason of the Event: one CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** The API server refuses longer messages. */
const MESSAGE_LENGTH = 1024;

/** Writes Events. They are news, not state: one that cannot be written is logged and forgotten. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #component: string;
  readonly #log: Log;

  constructor(options: { readonly client: KubeClient; readonly component: string; readonly log: Log }) {
    this.#client = options.client;
    this.#component = options.component;
    this.#log = options.log;
  }

  async record(object: KubeObject, occurrence: Occurrence): Promise<void> {
    const { name, namespace = '', uid = '', resourceVersion = '' } = object.metadata;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    // The same news about the same object is the same Event, also when two controllers tell it.
    const id = createHash('sha256')
      .update(`${uid}\n${occurrence.reason}\n${occurrence.message}`)
      .digest('hex')
      .slice(0, 16);
    try {
      await this.#client.create(EVENTS, {
        metadata: { name: `${cutName(name, 200)}.${id}`, namespace },
        involvedObject: {
          apiVersion: object.apiVersion ?? '',
          kind: object.kind ?? '',
          namespace,
          name,
          uid,
          resourceVersion,
        },
        type: occurrence.type,
        reason: occurrence.reason,
        message: occurrence.message.slice(0, MESSAGE_LENGTH),
        source: { component: this.#component },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      });
    } catch (error) {
      if (!isAlreadyExists(error)) {
        this.#log.warn('could not write an Event', { object: `${namespace}/${name}`, error: messageOf(error) });
      }
    }
  }
}
