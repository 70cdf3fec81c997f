import type { ClientOptions } from '@grpc/grpc-js';

/** Same bound as the servers'. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A peer that vanished without a word is noticed within 4 s; one that was killed, at once. */
const KEEPALIVE_MS = 2_000;
const KEEPALIVE_TIMEOUT_MS = 2_000;
/** What may be on its way before the other side has to confirm: a dozen full batches. */
const FLOW_CONTROL_BYTES = 1024 * 1024;

/**
 * Options of every channel of a link. Retries, balancing and service discovery are the link's own, so grpc-js's are off; each endpoint has its
 * connection to itself. The TLS name is a constant: servers prove who they are by SPIFFE id, and a name must not be an address (RFC 6066 §3).
 */
export const channelOptions: Readonly<ClientOptions> = {
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc-node.flow_control_window': FLOW_CONTROL_BYTES,
  'grpc.ssl_target_name_override': 'trent.internal',
};
