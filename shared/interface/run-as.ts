import { invalidParams } from '../errors.ts';

/** The user that fetched files shall belong to. */
export interface RunAs {
  readonly uid: number;
  readonly gid?: number;
  readonly fsGroup?: number;
}

/** Kubernetes takes ids from 0 to 2^31 - 1. */
const MAX_ID = 2_147_483_647;
const SHAPE = /^(\d{1,10})(?::(\d{1,10})(?::(\d{1,10}))?)?$/;

/** Reads `uid[:gid[:fsGroup]]`. */
export function parseRunAs(text: string): RunAs {
  const ids = SHAPE.exec(text)
    ?.slice(1)
    .map((id) => (id === undefined ? undefined : Number(id)));
  const uid = ids?.[0];
  if (ids === undefined || uid === undefined || ids.some((id) => id !== undefined && id > MAX_ID)) {
    throw invalidParams(
      `\`run-as\`: ${JSON.stringify(text)} is not uid[:gid[:fsGroup]] with numbers from 0 to ${MAX_ID}, such as 1001:0:1001.`,
    );
  }
  return {
    uid,
    ...(ids[1] === undefined ? {} : { gid: ids[1] }),
    ...(ids[2] === undefined ? {} : { fsGroup: ids[2] }),
  };
}
