import { parseRunAs } from '../../shared/interface/run-as.ts';
import type { RunAs } from '../../shared/interface/run-as.ts';
import type { Reader } from './read-value.ts';

/** Who the helper is when neither `run-as` nor the PipelineRun's podTemplate says so. */
export type DefaultIdentity = 'auto' | 'platform' | RunAs;

export const readIdentity: Reader<DefaultIdentity> = (text) => {
  const word = text.trim();
  return word === 'auto' || word === 'platform' ? word : parseRunAs(word);
};
