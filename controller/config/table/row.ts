import type { Reader } from '../read-value.ts';

/** A key of the ConfigMap. */
export interface ConfigRow<T> {
  readonly key: string;
  /** The kind of value, in the words of the reference page. */
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
  readonly read: Reader<T>;
  /** What a bad value counts as where no earlier one is known; the default when absent. */
  readonly whenWrong?: string;
}

export const row = <T>(made: ConfigRow<T>): ConfigRow<T> => made;
