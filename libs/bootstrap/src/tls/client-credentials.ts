import { experimental } from '@grpc/grpc-js';
import { serviceSpiffeId, spiffeIdOf } from './spiffe-id.ts';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { ServiceName } from '../grpc/peers.ts';
import type { TlsIdentity } from './tls-identity.ts';

/**
 * Credentials of a client inside the deployment: our certificate, renewed while running, and a server that must prove to be `service` by its
 * SPIFFE id. Names and addresses are not looked at: they say where a process runs, not what it is.
 */
export function clientCredentials(identity: TlsIdentity, service: ServiceName): ChannelCredentials {
  const expected = serviceSpiffeId(identity.trustDomain, service);
  return experimental.createCertificateProviderChannelCredentials(identity.provider, identity.provider, {
    checkServerIdentity: (_host, certificate) => {
      const presented = spiffeIdOf(certificate.subjectaltname);
      return presented === expected ? undefined : new Error(`the server is ${presented ?? 'nobody we know'}, expected ${expected}`);
    },
  });
}
