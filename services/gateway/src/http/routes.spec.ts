import { describe, expect, test } from '@jest/globals';
import { planOperations } from '../operations/operation-plan.ts';
import { makeRoutes } from './routes.ts';

const routes = makeRoutes(planOperations());

describe('finding an operation', () => {
  test.each([
    ['TrentService.Encrypt', 'kms.Encrypt'],
    ['com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents', 'cloudtrail.LookupEvents'],
    ['CloudTrail_20131101.LookupEvents', 'cloudtrail.LookupEvents'],
  ])('by target %s', (target, name) => {
    expect(routes.json(target)?.plan.operation.name).toBe(name);
  });

  test('by version and action', () => {
    expect(routes.query('2011-06-15', 'GetCallerIdentity')?.plan.operation.name).toBe('sts.GetCallerIdentity');
    expect(routes.query('2010-05-08', 'GetCallerIdentity')).toBeUndefined();
    expect(routes.queryWire('2011-06-15').xmlNamespace).toBe('https://sts.amazonaws.com/doc/2011-06-15/');
    expect(routes.queryWire('?').xmlNamespace).not.toBe('');
  });

  test.each(['TrentService.Batch', 'TrentService.', 'constructor', 'sts.GetCallerIdentity', ''])('%j is none', (target) => {
    expect(routes.json(target)).toBeUndefined();
  });

  test('an answer without members has no body', () => {
    expect(routes.json('TrentService.EnableKey')?.write).toBeUndefined();
    expect(routes.json('TrentService.CancelKeyDeletion')?.write).toBeDefined();
  });
});
