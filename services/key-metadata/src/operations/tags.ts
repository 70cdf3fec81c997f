import { kms, type invoke } from '@trent/contracts';
import { listTags } from '../store/tags.ts';
import { answer, keyOf, type Call, type Deps } from './call.ts';
import { pageOf } from './marker.ts';

const LIST_TAGS = { default: 50, most: 50 };

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html */
export async function listResourceTags(deps: Deps, call: Call): Promise<invoke.InvokeResponse> {
  const { limit, marker } = kms.ListResourceTagsRequest.decode(call.request.input);
  const { keyId } = keyOf(call);
  const scope = ['ListResourceTags', call.region, keyId];
  const size = Math.min(limit ?? LIST_TAGS.default, LIST_TAGS.most);
  const { page, last } = pageOf(await listTags(deps.db, call.region, keyId, deps.markers.read(scope, marker), size + 1), size);
  return answer(call, {
    tags: page,
    truncated: last !== undefined,
    nextMarker: last === undefined ? undefined : deps.markers.make(scope, last.tagKey),
  });
}
