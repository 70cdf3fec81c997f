import { commonConfig, grpcConfig, integer, loadConfig, natsConfig, postgresConfig, type ConfigOf } from '@trent/bootstrap';

const GIB = 1024 ** 3;

/** Variables of audit-ingest. */
export const auditIngestConfig = {
  ...commonConfig,
  ...grpcConfig,
  ...natsConfig,
  ...postgresConfig,
  auditStreamBytes: integer({ min: 1024 ** 2, max: 1024 * GIB })
    .default(2 * GIB)
    .describe('bytes that an audit stream holds while Postgres is away; a full one denies requests rather than lose records'),
  auditRetentionDays: integer({ min: 90, max: 36_500 })
    .optional()
    .describe('days after which records are removed; without it they are kept'),
};

/** The configuration of audit-ingest. */
export type AuditIngestConfig = ConfigOf<typeof auditIngestConfig>;

/** Reads the environment; ends the process on bad variables. */
export function readAuditIngestConfig(): AuditIngestConfig {
  return loadConfig(auditIngestConfig, process.env, process.argv);
}
