import { describe, expect, test } from '@jest/globals';
import { commonConfig, grpcConfig, natsConfig, postgresConfig } from './common.ts';
import { describeConfig } from './describe-config.ts';
import { endpoints, integer, listenAddresses, regionName, serviceUrl, text } from './fields.ts';
import { readConfig } from './load-config.ts';

const common = {
  TRENT_SERVICE_INSTANCE: 'policy-a',
  TRENT_ZONE: 'a',
  TRENT_TLS_CERT: '/pki/policy.crt',
  TRENT_TLS_KEY: '/pki/policy.key',
  TRENT_TLS_CA: '/pki/ca.crt',
  TRENT_ADMIN_LISTEN: '127.0.0.1:7201',
  TRENT_REGIONS: 'us-east-1,eu-west-1',
};

function problemsOf(shape: Parameters<typeof readConfig>[0], environment: Record<string, string>): readonly string[] {
  const reading = readConfig(shape, environment);
  return reading.kind === 'invalid' ? reading.problems : [];
}

describe('reading the environment', () => {
  test('a full environment gives typed, frozen values with their defaults', () => {
    const reading = readConfig({ ...commonConfig, ...grpcConfig }, { ...common, TRENT_GRPC_LISTEN: '[::1]:7101', PATH: '/bin' });
    expect(reading).toMatchObject({
      kind: 'valid',
      config: {
        serviceInstance: 'policy-a',
        trustDomain: 'trent',
        logLevel: 'info',
        trace: [],
        regions: ['us-east-1', 'eu-west-1'],
        grpcListen: { host: '::1', port: 7101, shared: false },
      },
    });
    if (reading.kind === 'valid') expect(Object.isFrozen(reading.config)).toBe(true);
  });

  test('every bad variable gives one line with its name, its value and what was expected', () => {
    const problems = problemsOf(
      { ...commonConfig, pool: integer({ min: 1, max: 9 }) },
      { ...common, TRENT_ADMIN_LISTEN: '7201', TRENT_LOG_LEVEL: 'loud', TRENT_POOL: '10' },
    );
    expect(problems).toEqual([
      'TRENT_ADMIN_LISTEN is "7201": expected host:port',
      'TRENT_LOG_LEVEL is "loud": expected one of debug, info, warn, error',
      'TRENT_POOL is "10": expected a whole number from 1 to 9',
    ]);
  });

  test('a missing variable is named', () => {
    expect(problemsOf({ zone: commonConfig.zone }, {})).toEqual(['TRENT_ZONE is not set: expected a name of letters, digits and dashes']);
  });

  test('an unknown TRENT_ variable is refused, others are left alone', () => {
    const environment = { TRENT_ZONE: 'a', TRENT_ZONES: '3', HOME: '/root', OTEL_SERVICE_NAME: 'x' };
    expect(problemsOf({ zone: commonConfig.zone }, environment)).toEqual(['TRENT_ZONES is not a variable of this service']);
  });

  test('a secret value is not shown, neither when it is bad nor when it is good', () => {
    const shape = { pin: integer({ min: 1, max: 9 }).meta({ secret: true }) };
    expect(problemsOf(shape, { TRENT_PIN: 'hunter2' })).toEqual(['TRENT_PIN has a bad value: expected a whole number from 1 to 9']);
    expect(readConfig(shape, { TRENT_PIN: '7' })).toMatchObject({ entries: [{ variable: 'TRENT_PIN', value: '(secret)' }] });
  });

  test('where a value came from is told', () => {
    const shape = { zone: commonConfig.zone, natsReplicas: natsConfig.natsReplicas, natsCa: natsConfig.natsCa };
    expect(readConfig(shape, { TRENT_ZONE: 'b' })).toMatchObject({
      entries: [
        { variable: 'TRENT_ZONE', value: 'b', source: 'environment' },
        { variable: 'TRENT_NATS_REPLICAS', value: '3', source: 'default' },
        { variable: 'TRENT_NATS_CA', value: '', source: 'not set' },
      ],
    });
  });

  test('a variable may have a name of its own', () => {
    const shape = { softhsm: text().optional().meta({ variable: 'SOFTHSM2_CONF' }) };
    expect(readConfig(shape, { SOFTHSM2_CONF: '/etc/softhsm2.conf' })).toMatchObject({ config: { softhsm: '/etc/softhsm2.conf' } });
  });
});

describe('fields', () => {
  test.each([
    ['a=127.0.0.1:7101', [{ zone: 'a', host: '127.0.0.1', port: 7101 }]],
    ['us-east-1/b=[::1]:7301', [{ region: 'us-east-1', zone: 'b', host: '::1', port: 7301 }]],
    ['dns:policy.trent.svc:7443', [{ zone: '', host: 'policy.trent.svc', port: 7443, dns: true }]],
    ['eu-west-1/dns:worker:7443', [{ region: 'eu-west-1', zone: '', host: 'worker', port: 7443, dns: true }]],
    ['a=dns:policy-a.trent.svc:7443', [{ zone: 'a', host: 'policy-a.trent.svc', port: 7443, dns: true }]],
    ['eu-west-1/a=dns:worker-a:7443', [{ region: 'eu-west-1', zone: 'a', host: 'worker-a', port: 7443, dns: true }]],
  ])('endpoints %s', (value, expected) => {
    expect(readConfig({ peers: endpoints() }, { TRENT_PEERS: value })).toMatchObject({ config: { peers: expected } });
  });

  test.each(['127.0.0.1:7101', 'a=127.0.0.1', 'a=127.0.0.1:0', 'a=127.0.0.1:70000', 'a=h:1,', ''])(
    '%p is no list of endpoints',
    (value) => {
      expect(problemsOf({ peers: endpoints() }, { TRENT_PEERS: value })).toHaveLength(1);
    },
  );

  test('addresses may be shared between processes', () => {
    expect(readConfig({ listen: listenAddresses() }, { TRENT_LISTEN: '0.0.0.0:443+shared, 127.0.0.1:0' })).toMatchObject({
      config: {
        listen: [
          { host: '0.0.0.0', port: 443, shared: true },
          { host: '127.0.0.1', port: 0, shared: false },
        ],
      },
    });
  });

  test.each(['postgres://role:pw@host:5432/trent', 'https://host', 'postgres:///trent', 'nonsense'])('%p is no Postgres URL', (value) => {
    expect(problemsOf({ url: serviceUrl('postgres:') }, { TRENT_URL: value })).toHaveLength(1);
  });

  test.each(['us-east', 'US-EAST-1', 'us_east_1', 'us-east-1;drop'])('%p is no region', (value) => {
    expect(problemsOf({ region: regionName() }, { TRENT_REGION: value })).toHaveLength(1);
  });

  test('regions are named once', () => {
    expect(problemsOf({ regions: commonConfig.regions }, { TRENT_REGIONS: 'us-east-1,us-east-1' })).toHaveLength(1);
  });
});

test('the shape describes itself for the documentation', () => {
  expect(describeConfig({ ...natsConfig, ...postgresConfig }).find(({ variable }) => variable === 'TRENT_POSTGRES_POOL')).toEqual({
    variable: 'TRENT_POSTGRES_POOL',
    description: 'connections at most',
    defaultValue: '8',
    optional: true,
    secret: false,
  });
  for (const { description } of describeConfig({ ...commonConfig, ...grpcConfig, ...natsConfig, ...postgresConfig })) {
    expect(description).not.toBe('');
  }
});
