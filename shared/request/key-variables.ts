import { createHash } from 'node:crypto';
import type { ParamValues } from './read-params.ts';
import type { TemplateValues } from './template.ts';

/** Enough to tell the images of a project apart, and short enough to leave room in a tag. */
const IMAGE_DIGITS = 12;
const DEFAULT_BRANCH = 'main';

/** The template variables that params give. Only presets build without a branch: then it is the default one. */
export function keyVariables({ preset, branch, image, 'default-branch': defaultBranch }: ParamValues): TemplateValues {
  const fallback = defaultBranch ?? (preset === undefined ? branch : DEFAULT_BRANCH);
  return {
    ...(fallback === undefined ? {} : { branch: branch ?? fallback, 'default-branch': fallback }),
    ...(image === undefined ? {} : { image: imageDigits(image) }),
  };
}

/** The hex digits of a reference's digest; without a digest, those of the SHA-256 of the reference. */
function imageDigits(image: string): string {
  const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
  return (digest ?? createHash('sha256').update(image).digest('hex')).slice(0, IMAGE_DIGITS);
}
