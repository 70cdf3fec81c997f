import { expect, test } from '@jest/globals';
import { Pkcs11Error, checked, isPkcs11Error, nameOfReturnValue } from './errors.ts';

test('a negative answer of the addon becomes an error with the standard name', () => {
  expect(() => checked(-0xa0, 'login')).toThrow(
    expect.objectContaining({ rv: 0xa0, name: 'CKR_PIN_INCORRECT', message: 'login: CKR_PIN_INCORRECT' }),
  );
});

test('handles, sizes and other values pass', () => {
  expect(checked(0, 'x')).toBe(0);
  expect(checked(7, 'x')).toBe(7);
  expect(checked(false, 'x')).toBe(false);
});

test('a return value of the vendor keeps its number', () => {
  expect(nameOfReturnValue(0x80000042)).toBe('CKR_0x80000042');
});

test('a PKCS#11 failure is told by its code, not by its class', () => {
  expect(isPkcs11Error(new Pkcs11Error(5, 'sign'))).toBe(true);
  expect(isPkcs11Error({ code: 'PKCS11', rv: 5 })).toBe(true);
  expect(isPkcs11Error(new Error('PKCS11'))).toBe(false);
  expect(isPkcs11Error(null)).toBe(false);
});
