import { fail } from '@trent/errors';
import { parseArn } from '@trent/identifiers';

const EC2 = ['instance', 'image', 'security-group', 'network-interface'];
/** IAM API reference, SimulateCustomPolicy, ResourceHandlingOption: which resources a scenario must have. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'EC2-VPC-InstanceStore': EC2,
  'EC2-VPC-InstanceStore-Subnet': [...EC2, 'subnet'],
  'EC2-VPC-EBS': [...EC2, 'volume'],
  'EC2-VPC-EBS-Subnet': [...EC2, 'subnet', 'volume'],
};

/** @throws InvalidInput for a scenario that there is not, or that lacks a resource */
export function checkScenario(option: string | undefined, resources: readonly string[]): void {
  if (option === undefined) return;
  const wanted = Object.hasOwn(SCENARIOS, option) ? SCENARIOS[option] : undefined;
  if (wanted === undefined) return fail('InvalidInput', `Invalid ResourceHandlingOption: ${option}`);
  const kinds = new Set(resources.map((arn) => parseArn(arn)?.resource.split('/', 1)[0]));
  const missing = wanted.find((kind) => !kinds.has(kind));
  if (missing !== undefined) fail('InvalidInput', `ResourceHandlingOption ${option} requires a resource of type ${missing}.`);
}
