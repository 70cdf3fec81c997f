import type { invoke } from '@trent/contracts';
import type { AssumeRoleDeps } from './assume-role.ts';
import type { DecodeMessageDeps } from './decode-authorization-message.ts';
import type { AccessKeyInfoDeps } from './get-access-key-info.ts';
import type { SessionTokenDeps } from './get-session-token.ts';

/** What the operations of STS need. */
export type StsDeps = AssumeRoleDeps & SessionTokenDeps & AccessKeyInfoDeps & DecodeMessageDeps;

/** An operation of STS: none changes anything, so the gateway records them. */
export type StsHandler = (deps: StsDeps, call: invoke.InvokeRequest, deadline: number) => Promise<Uint8Array> | Uint8Array;
