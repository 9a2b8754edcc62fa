import { invalidParams } from '../../errors.ts';
import { isDigest, parseTarget } from '../../store/reference.ts';
import { repositoryOf } from './stores.ts';

/** An alias as a template of a whole reference: one that is only a tag means the repository of the target. */
export function aliasTemplate(alias: string, target: string): string {
  return /[/:@]/.test(alias) ? alias : `${repositoryOf(parseTarget(target))}:${alias}`;
}

/** The tag of an alias. Aliases are tags beside the target's: an entry is stored in one repository. */
export function aliasTag(alias: string, target: string): string {
  const repository = repositoryOf(parseTarget(target));
  const parsed = parseTarget(alias);
  if (repositoryOf(parsed) !== repository) {
    throw invalidParams(
      `\`aliases\`: ${alias} is not in ${repository}, the repository of the target; write only the tag, and the name of a branch as {{slug(NAME)}}.`,
    );
  }
  return tagOf('aliases', alias);
}

/** The tag of what an upload writes to: nothing can be put under a digest of one's choice. */
export function tagOf(param: string, target: string): string {
  const { reference } = parseTarget(target);
  if (!isDigest(reference)) return reference;
  throw invalidParams(`\`${param}\`: ${target} names a digest; an upload needs a tag.`);
}
