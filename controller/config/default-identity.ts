import { parseRunAs } from '../../shared/interface/run-as.ts';
import type { RunAs } from '../../shared/interface/run-as.ts';
import type { Reader } from './read-value.ts';

/** The user of the helper where neither `run-as` nor the PipelineRun's podTemplate names one. */
export type DefaultIdentity = 'auto' | 'platform' | RunAs;

export const readIdentity: Reader<DefaultIdentity> = (text) => {
  const word = text.trim();
  return word === 'auto' || word === 'platform' ? word : parseRunAs(word);
};
