import { unary } from '@trent/bootstrap';
import type { accounts } from '@trent/contracts';
import { explain, type ExplainDeps } from '../explain/explain.ts';
import { freezeTarget } from '../freeze/freeze-state.ts';
import type { Freezes } from '../freeze/freezes.ts';
import type { accountAdmin } from './account-admin.ts';

/** What operators do and ask. */
export interface OperatorWays {
  readonly admin: ReturnType<typeof accountAdmin>;
  readonly freezes: Pick<Freezes, 'set' | 'state'>;
  readonly explain: ExplainDeps;
}

/** AccountAdminService, for operators alone (the table of peers). */
export function operatorDoor({ admin, freezes, explain: explainDeps }: OperatorWays): accounts.AccountAdminServiceServer {
  return {
    createAccount: unary((request: accounts.CreateAccountRequest, call) => admin.createAccount(request, call.deadline)),
    createRootAccessKey: unary((request: accounts.CreateRootAccessKeyRequest, call) => admin.createRootAccessKey(request, call.deadline)),
    setAccessKeyStatus: unary((request: accounts.SetAccessKeyStatusRequest, call) => admin.setAccessKeyStatus(request, call.deadline)),
    mapCertificate: unary((request: accounts.MapCertificateRequest, call) => admin.mapCertificate(request, call.deadline)),
    mapService: unary((request: accounts.MapServiceRequest, call) => admin.mapService(request, call.deadline)),
    listServices: unary((_request: accounts.ListServicesRequest, call) => admin.listServices(call.deadline)),
    freeze: unary(async ({ kind, name, reason }: accounts.FreezeRequest) => {
      await freezes.set(freezeTarget(kind, name), true, reason);
      return {};
    }),
    unfreeze: unary(async ({ kind, name, reason }: accounts.UnfreezeRequest) => {
      await freezes.set(freezeTarget(kind, name), false, reason);
      return {};
    }),
    listFreezes: unary((_request: accounts.ListFreezesRequest) => ({
      frozen: freezes.state.list().map(({ target, reason, atMs }) => ({ target, reason, atMs: BigInt(atMs) })),
    })),
    explain: unary((request: accounts.ExplainRequest, call) => explain(explainDeps, request, call.deadline)),
  };
}
