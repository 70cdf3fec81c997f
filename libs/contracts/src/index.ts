/** The contract in code: messages and stubs a package, the operation table, members and enums by descriptor. */
export * as accounts from '../gen/accounts.ts';
export * as authorize from '../gen/authorize.ts';
export * as cloudtrail from '../gen/cloudtrail.ts';
export * as errors from '../gen/errors.ts';
export * as execute from '../gen/execute.ts';
export * as feed from '../gen/feed.ts';
export * as iam from '../gen/iam.ts';
export * as invoke from '../gen/invoke.ts';
export * as kms from '../gen/kms.ts';
export * as metadata from '../gen/metadata.ts';
export * as options from '../gen/options.ts';
export * as sts from '../gen/sts.ts';
export type { AuditIngestRpc, CryptoWorkerRpc, KeyMetadataRpc, PolicyRpc } from '../gen/rpcs.ts';
export { descriptorImage, messageDescriptor, registry } from './descriptors.ts';
export { awsEnum, type AwsEnum } from './enums.ts';
export { membersOf, type MemberField } from './members.ts';
export { operations, publicServices, type MessageCodec, type Operation, type OperationName } from './operations.ts';
export { BinaryReader, BinaryWriter } from './wire.ts';
