export { DEFAULT_PATIENCE_MS, openDatabase } from './database.ts';
export type { Database, DatabaseOptions, PoolState, QueryOptions, Result, TransactionOptions } from './database.ts';
export { migrate } from './migrate.ts';
export type { IncludedMigration, MigrateOptions } from './migrate.ts';
export { isUniqueViolation, SQLSTATE, sqlState } from './sql-errors.ts';
export type { Isolation, Transaction } from './transaction.ts';
