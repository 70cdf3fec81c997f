import { sts, type invoke } from '@trent/contracts';
import { fail } from '@trent/errors';
import { accountOfTemporary } from './access-key-ids.ts';

export interface AccessKeyInfoDeps {
  /** The account of a long-term access key. */
  readonly findAccount: (accessKeyId: string, deadline: number) => Promise<string | undefined>;
}

/**
 * sts:GetAccessKeyInfo: whose an access key is, whether it is active or not.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
 */
export async function getAccessKeyInfo(deps: AccessKeyInfoDeps, call: invoke.InvokeRequest, deadline: number): Promise<Uint8Array> {
  const { accessKeyId = '' } = sts.GetAccessKeyInfoRequest.decode(call.input);
  const account = accountOfTemporary(accessKeyId) ?? (await deps.findAccount(accessKeyId, deadline));
  if (account === undefined) return fail('ValidationException', `Invalid access key id: ${accessKeyId}`);
  return sts.GetAccessKeyInfoResponse.encode({ account }).finish();
}
