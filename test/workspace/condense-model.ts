/**
 * Condenses a botocore service model (https://pypi.org/project/botocore: data/<service>/<version>/service-2.json[.gz]) to the facts that the contract
 * must agree with: operations, members, bounds, closed sets, errors. Run when AWS has a newer model:
 *
 *   node test/workspace/condense-model.ts service-2.json.gz 1.44.5 > test/vectors/aws-kms.json
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly required?: readonly string[];
  readonly member?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly sensitive?: boolean;
}

interface Model {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input?: { readonly shape: string };
        readonly output?: { readonly shape: string };
        readonly errors?: readonly { shape: string }[];
      }
    >
  >;
}

const [file = '', version = ''] = process.argv.slice(2);
const bytes = readFileSync(file);
const model = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Model;

function shapeOf(name: string): Shape {
  return model.shapes[name] ?? { type: 'structure' };
}

function bounds({ min, max, pattern, enum: values, sensitive }: Shape): object {
  return { min, max, pattern, enum: values, sensitive };
}

/** A member's facts; structures are condensed in place, at most `depth` deep. */
function condense(name: string, isRequired: boolean, depth: number): object {
  const shape = shapeOf(name);
  const facts = { type: shape.type, required: isRequired || undefined, ...bounds(shape) };
  if (shape.type === 'structure') return { ...facts, members: membersOf(name, depth) };
  if (shape.type !== 'list' || shape.member === undefined) return facts;
  return { ...facts, element: condense(shape.member.shape, false, depth) };
}

function membersOf(name: string | undefined, depth = 4): object {
  const shape = name === undefined ? undefined : shapeOf(name);
  if (shape?.members === undefined || depth === 0) return {};
  return Object.fromEntries(
    Object.entries(shape.members).map(([member, { shape: of }]) => [
      member,
      condense(of, shape.required?.includes(member) === true, depth - 1),
    ]),
  );
}

const operations = Object.fromEntries(
  Object.entries(model.operations).map(([name, { input, output, errors }]) => [
    name,
    { errors: (errors ?? []).map(({ shape }) => shape).sort(), input: membersOf(input?.shape), output: membersOf(output?.shape) },
  ]),
);
console.log(JSON.stringify({ source: `botocore ${version}`, operations }, undefined, 1));
