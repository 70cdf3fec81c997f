import type { options } from '@trent/contracts';

import type { OperationPlan } from '../operations/operation-plan.ts';
import { jsonReader, type ReadMessage } from './aws-json.ts';
import { jsonWriter, type WriteMessage } from './aws-json-writer.ts';
import { queryReader, type ReadParameters } from './aws-query.ts';
import { queryWriter, type WriteAnswer } from './aws-query-writer.ts';

/** An operation on the AWS JSON wire. */
export interface JsonRoute {
  readonly kind: 'json';
  readonly plan: OperationPlan;
  readonly read: ReadMessage;
  /** Undefined: the answer has no members, and no body (kms-api §1.1, "∅"). */
  readonly write: WriteMessage | undefined;
}

/** An operation on the AWS Query wire. */
export interface QueryRoute {
  readonly kind: 'query';
  readonly plan: OperationPlan;
  readonly read: ReadParameters;
  readonly write: WriteAnswer;
}

/** How HTTP requests find their operation. */
export interface Routes {
  /** By X-Amz-Target: "TrentService.Encrypt". */
  json(target: string): JsonRoute | undefined;
  query(version: string, action: string): QueryRoute | undefined;
  /** The Query service of an API version, so that an error can be in its namespace; of an unknown version any. */
  queryWire(version: string): Pick<options.Wire, 'xmlNamespace'>;
}

/** Makes the routes of all operations: a service with a target prefix speaks AWS JSON, one with an API version AWS Query. */
export function makeRoutes(plans: ReadonlyMap<string, OperationPlan>): Routes {
  const byTarget = new Map<string, JsonRoute>();
  const byAction = new Map<string, QueryRoute>();
  const wires = new Map<string, options.Wire>();
  for (const plan of plans.values()) {
    const { operation } = plan;
    const { rpc, wire, request, response } = operation;
    if (wire.targetPrefix !== '') {
      const write = response.fields.length === 0 ? undefined : jsonWriter(response);
      const route: JsonRoute = { kind: 'json', plan, read: jsonReader(request), write };
      for (const prefix of prefixesOf(wire.targetPrefix)) byTarget.set(`${prefix}.${rpc}`, route);
    }
    if (wire.queryVersion !== '') {
      byAction.set(`${wire.queryVersion} ${rpc}`, { kind: 'query', plan, read: queryReader(request), write: queryWriter(operation) });
      wires.set(wire.queryVersion, wire);
    }
  }
  const [anyWire = { xmlNamespace: '' }] = wires.values();
  return {
    json: (target) => byTarget.get(target),
    query: (version, action) => byAction.get(`${version} ${action}`),
    queryWire: (version) => wires.get(version) ?? anyWire,
  };
}

/** CloudTrail's prefix is a path in botocore's model and its last name in Smithy's; clients of both are about. */
function prefixesOf(targetPrefix: string): string[] {
  return [targetPrefix, targetPrefix.slice(targetPrefix.lastIndexOf('.') + 1)];
}
