import { isIP } from 'node:net';
import { failXks } from './failure.ts';

/** AWS KMS calls proxies at this port and no other. */
const HTTPS_PORT = 443;
const MAX_HOST = 253;
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const VPC_SERVICE = /^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$/;

/** How a proxy is reached. */
export interface XksRoute {
  /** DNS name that the certificate must carry. */
  readonly host: string;
  readonly port: number;
  /** The address that the operator named; without one the name is resolved. */
  readonly address?: string;
  /** Where the name may lead when it is resolved. */
  readonly reach: 'public' | 'private';
}

/** One entry of the operator's list. */
interface Entry extends XksRoute {
  /** The VPC endpoint service that stands for this entry; without one it is a public endpoint. */
  readonly vpcService?: string;
}

/** The operator's list of proxies; empty, no store can be made. */
export type AllowedProxies = readonly Entry[];

/** Where a store says that its proxy is. */
export interface ProxyPlace {
  /** `https://host`, as CreateCustomKeyStore takes it. */
  readonly uriEndpoint: string;
  /** Of stores with VPC_ENDPOINT_SERVICE connectivity. */
  readonly vpcEndpointServiceName?: string;
}

/**
 * Reads one entry of the list: `host`, resolved by DNS, public addresses alone, port 443; `host@address:port`, where the operator says where it
 * is; and either behind `<VPC endpoint service name>=` for stores of that connectivity, where a name may lead into private networks.
 * @returns undefined for anything else
 */
export function parseAllowedProxy(text: string): Entry | undefined {
  const equals = text.indexOf('=');
  const vpcService = equals < 0 ? undefined : text.slice(0, equals);
  if (vpcService !== undefined && !VPC_SERVICE.test(vpcService)) return undefined;
  const [host = '', place, ...rest] = text.slice(equals + 1).split('@');
  if (!HOST.test(host) || host.length > MAX_HOST || isIP(host) !== 0 || rest.length > 0) return undefined;
  const base = { host: host.toLowerCase(), ...(vpcService === undefined ? {} : { vpcService }) };
  const reach = vpcService === undefined ? 'public' : 'private';
  if (place === undefined) return { ...base, port: HTTPS_PORT, reach };
  const pinned = parsePlace(place);
  return pinned === undefined ? undefined : { ...base, ...pinned, reach };
}

/**
 * The way to a store's proxy.
 * @throws XksFailure of kind NotAllowed for a host that is not on the list; VpcServiceNotFound, VpcServiceInvalid where the service is not, or has
 * another private DNS name
 */
export function routeTo(allowed: AllowedProxies, { uriEndpoint, vpcEndpointServiceName }: ProxyPlace): XksRoute {
  const host = uriEndpoint.replace(/^https:\/\//, '').toLowerCase();
  if (vpcEndpointServiceName === undefined) {
    return allowed.find((entry) => entry.vpcService === undefined && entry.host === host) ?? failXks('NotAllowed');
  }
  const services = allowed.filter((entry) => entry.vpcService === vpcEndpointServiceName);
  if (services.length === 0) return failXks('VpcServiceNotFound');
  return services.find((entry) => entry.host === host) ?? failXks('VpcServiceInvalid');
}

function parsePlace(place: string): { readonly address: string; readonly port: number } | undefined {
  const [, v6, v4, digits] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/i.exec(place) ?? [];
  const address = v6 ?? v4 ?? '';
  const port = digits === undefined ? HTTPS_PORT : Number(digits);
  return isIP(address) === 0 || port < 1 || port > 65_535 ? undefined : { address, port };
}
