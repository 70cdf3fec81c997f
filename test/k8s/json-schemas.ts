/** A node of an OpenAPI 2 document, as far as it matters here. */
export interface SwaggerNode {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, SwaggerNode>>;
  readonly required?: readonly string[];
  readonly items?: SwaggerNode;
  readonly additionalProperties?: SwaggerNode;
  readonly enum?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
}

/** Kubernetes' api/openapi-spec/swagger.json. */
export interface Swagger {
  readonly definitions: Readonly<Record<string, SwaggerNode>>;
}

const KINDS = ['Deployment', 'StatefulSet', 'Service', 'ServiceAccount', 'ConfigMap', 'PodDisruptionBudget', 'NetworkPolicy'];
const PREFIX = '#/definitions/';

/**
 * JSON schemas for kubeconform by file name (`deployment-apps-v1.json`), each whole in itself: unknown members are errors, ports and
 * quantities may be numbers where the API server takes them.
 */
export function jsonSchemas({ definitions }: Swagger): ReadonlyMap<string, unknown> {
  const schemas = new Map<string, unknown>();
  for (const [name, node] of Object.entries(definitions)) {
    const [id] = node['x-kubernetes-group-version-kind'] ?? [];
    if (id === undefined || !KINDS.includes(id.kind)) continue;
    const [group = ''] = id.group.split('.');
    const file = [id.kind, group, id.version].filter((part) => part !== '').join('-');
    const used = Object.fromEntries([...reachable(name, definitions)].map((one) => [one, strict(one, definitions[one] ?? {})]));
    schemas.set(`${file.toLowerCase()}.json`, { $ref: PREFIX + name, definitions: used });
  }
  return schemas;
}

function reachable(name: string, definitions: Swagger['definitions'], found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, target = ''] of JSON.stringify(definitions[name]).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
    reachable(target, definitions, found);
  }
  return found;
}

function strict(name: string, node: SwaggerNode): unknown {
  if (name.endsWith('.IntOrString')) return { type: ['string', 'integer'] };
  if (name.endsWith('.Quantity')) return { type: ['string', 'number'] };
  if (node.properties === undefined) return node;
  return { ...node, additionalProperties: false };
}
