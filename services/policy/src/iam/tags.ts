import type { iam } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { Page, PageRequest } from './paging.ts';
import { pageOfAll } from './paging.ts';

/** IAM user guide, "Tags for IAM resources": at most 50 on each. */
const MAX_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

/**
 * Tags as they stand after these were added; keys compare without case, and a later spelling replaces an earlier one.
 * @throws InvalidInput for a key that comes twice or is AWS's; LimitExceededException beyond 50
 */
export function withTags(before: Tags, added: readonly iam.Tag[]): Tags {
  const byKey = new Map(Object.entries(before).map(([key, value]) => [key.toLowerCase(), [key, value] as const]));
  const seen = new Set<string>();
  for (const { key = '', value = '' } of added) {
    const folded = key.toLowerCase();
    if (folded.startsWith('aws:')) fail('InvalidInput', "User-defined tag keys can't start with aws:");
    if (seen.has(folded)) fail('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    seen.add(folded);
    byKey.set(folded, [key, value]);
  }
  if (byKey.size > MAX_TAGS) fail('LimitExceededException', 'The number of tags has reached the maximum limit.');
  return Object.fromEntries(byKey.values());
}

/** Tags as they stand after these keys were taken off; a key that is not there is no error. */
export function withoutTags(before: Tags, keys: readonly string[]): Tags {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key.toLowerCase())));
}

/** As answers show them, in the order of their keys. */
export function tagList(tags: Tags): iam.Tag[] {
  return Object.entries(tags)
    .map(([key, value]) => ({ key, value }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** A page of them. */
export async function tagPage(
  tags: Tags,
  request: PageRequest,
): Promise<Pick<Page<iam.Tag>, 'isTruncated' | 'marker'> & { tags: iam.Tag[] }> {
  const { rows, ...more } = await pageOfAll(request, ({ key = '' }: iam.Tag) => key, tagList(tags));
  return { tags: [...rows], ...more };
}
