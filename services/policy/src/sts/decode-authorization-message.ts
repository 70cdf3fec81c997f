import { sts, type invoke } from '@trent/contracts';
import { generationOf, invalid, openMessage } from './authorization-message.ts';
import type { SessionKeys } from './session-keys.ts';

export interface DecodeMessageDeps {
  readonly keys: Pick<SessionKeys, 'byGeneration' | 'find'>;
}

/**
 * sts:DecodeAuthorizationMessage: why a request was denied, for those who may know.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 * @throws InvalidAuthorizationMessageException for what Trent did not make, made for another account, or made more than a month ago
 */
export async function decodeAuthorizationMessage(deps: DecodeMessageDeps, call: invoke.InvokeRequest): Promise<Uint8Array> {
  const { encodedMessage = '' } = sts.DecodeAuthorizationMessageRequest.decode(call.input);
  const generation = generationOf(encodedMessage);
  const key = deps.keys.byGeneration(generation) ?? (await deps.keys.find(generation)) ?? invalid();
  const decodedMessage = openMessage(key, call.caller?.accountId ?? '', encodedMessage);
  return sts.DecodeAuthorizationMessageResponse.encode({ decodedMessage }).finish();
}
