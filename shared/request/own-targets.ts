import { invalidParams } from '../errors.ts';
import { expandPartly, repositoryOfTemplate } from './template.ts';

/** What an upload of one cache writes to: templates. An alias without a repository is a tag beside the target. */
interface UploadTargets {
  /** The workspace's name. */
  readonly name: string;
  readonly target: string;
  readonly aliases: readonly string[];
}

/** An image holds one cache. Throws InvalidParams when two would go to one, where the later upload hides the earlier. */
export function checkOwnTargets(caches: readonly UploadTargets[]): void {
  const owners = new Map<string, string>();
  for (const { name, target, aliases } of caches) {
    for (const [param, template] of [
      ['target', target],
      ...aliases.map((alias) => ['aliases', alias] as const),
    ] as const) {
      const whole = /[/:@]/.test(template) ? template : `${repositoryOfTemplate(target)}:${template}`;
      const reference = expandPartly(whole, { workspace: name });
      const owner = owners.get(reference) ?? name;
      owners.set(reference, owner);
      if (owner !== name) {
        throw invalidParams(
          `\`${param}\`: ${JSON.stringify(template)} is the same for the caches \`${owner}\` and \`${name}\`, and an image holds one cache: put {{workspace}} into it.`,
        );
      }
    }
  }
}
