import { kms, type invoke } from '@trent/contracts';
import { operationInState } from '@trent/key-model';
import { lockKey, raiseVersion } from '../store/keys.ts';
import { deleteTags, listTags, putTags, type TagRow } from '../store/tags.ts';
import { answer, change, keyChange, keyOf, type Call, type Deps } from './call.ts';
import { pageOf } from './marker.ts';

const LIST_TAGS = { default: 50, most: 50 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html */
export async function listResourceTags(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { limit, marker } = kms.ListResourceTagsRequest.decode(call.request.input);
  const { keyId } = keyOf(call);
  const scope = ['ListResourceTags', call.region, call.accountId, keyId];
  const size = Math.min(limit ?? LIST_TAGS.default, LIST_TAGS.most);
  const { page, last } = pageOf(await listTags(deps.db, call.region, keyId, deps.markers.read(scope, marker), size + 1), size);
  return answer(call, {
    tags: page,
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, last.tagKey),
  });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html: a tag that is there gets the new value. */
export function tagResource(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { tags } = kms.TagResourceRequest.decode(call.request.input);
  return changeTags(deps, call, 'TagResource', (tx, keyId) => putTags(tx, call.region, keyId, tagRows(tags)));
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html: a tag that is not there is no error. */
export function untagResource(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { tagKeys } = kms.UntagResourceRequest.decode(call.request.input);
  return changeTags(deps, call, 'UntagResource', (tx, keyId) => deleteTags(tx, call.region, keyId, tagKeys));
}

/** Tags of a request; the gateway has checked them. */
export function tagRows(tags: readonly kms.Tag[]): TagRow[] {
  return tags.map(({ tagKey = '', tagValue = '' }) => ({ tagKey, tagValue }));
}

/** aws:ResourceTag reads a key's tags, so the key's view changes with them. */
function changeTags(
  deps: Deps,
  call: Call,
  operation: 'TagResource' | 'UntagResource',
  work: (tx: Parameters<typeof putTags>[0], keyId: string) => Promise<void>,
): Promise<invoke.InvokeResponse> {
  const { keyId, arn } = keyOf(call);
  return change(deps, call, async (tx) => {
    const key = await lockKey(tx, call.region, keyId);
    operationInState(operation, key.state, arn);
    await work(tx, keyId);
    const version = await raiseVersion(tx, call.region, keyId);
    return { response: {}, resources: [arn], changes: [keyChange(call.region, keyId, version)] };
  });
}
