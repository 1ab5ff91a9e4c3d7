import { describe, expect, test } from 'vitest';
import { isCardNumber, isIban } from '#src/core/privacy/checksums.js';
import { looksPersonal } from '#src/core/privacy/personal.js';

describe('a column looks personal by its name', () => {
  test.each([
    ['email', 'e-mail'],
    ['customer_email', 'e-mail'],
    ['E-Mail', 'e-mail'],
    ['phoneNumber', 'phone'],
    ['mobile_2', 'phone'],
    ['credit_card', 'card'],
    ['IBAN', 'bank account'],
    ['password_hash', 'secret'],
    ['api_key', 'secret'],
    ['refreshToken', 'secret'],
    ['first_name', 'name'],
    ['LastName', 'name'],
    ['BillingAddress', 'address'],
    ['ip_address', 'address'],
    ['postal_code', 'address'],
    ['ssn', 'identity'],
    ['date_of_birth', 'birth'],
  ])('%s is %s', (column, kind) => expect(looksPersonal(column, [])).toBe(kind));

  test.each([
    'id',
    'amount',
    'name',
    'product_name',
    'status',
    'created_at',
    'shipping_cost',
    'pinned',
    'country',
    'discard',
    'tokenized_at',
    'expansion',
    'zipper_count',
  ])('%s is not', (column) => expect(looksPersonal(column, ['a', 1, true])).toBeNull());
});

describe('a column looks personal by its values', () => {
  test.each([
    ['ann@example.com', 'e-mail'],
    ['+49 151 2345 6789', 'phone'],
    ['(555) 123-4567', 'phone'],
    ['4111 1111 1111 1111', 'card'],
    ['378282246310005', 'card'],
    ['DE89 3704 0044 0532 0130 00', 'bank account'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig', 'secret'],
    ['$2b$12$abcdefghijklmnopqrstuv', 'secret'],
    ['ghp_0123456789abcdefghijklmnopqrstuvwxyz', 'secret'],
  ])('%s is %s', (value, kind) => expect(looksPersonal('note', [value, 'other', 'words'])).toBe(kind));

  test.each([
    '2026-11-24',
    '2026-11-24 02:00:00+00',
    '4111 1111 1111 1112',
    '123456',
    '3f2b6f0e-8a55-4b86-9a31-1d1d4ef9a2b1',
    'SKU-0000012',
    '192.50',
    'me @ work',
  ])('%s is not', (value) => expect(looksPersonal('note', [value])).toBeNull());

  test('a single one among many is a coincidence', () => {
    expect(looksPersonal('note', ['ann@example.com', 'a', 'b', 'c', 'd'])).toBeNull();
  });
});

test('card numbers have a right check digit', () => {
  expect(['5555555555554444', '6011-1111-1111-1117', '4222222222222'].map(isCardNumber)).toEqual([true, true, true]);
  expect(['5555555555554445', '0000000000000000', '1234', ''].map(isCardNumber)).toEqual([false, false, false, false]);
});

test('bank account numbers have right check digits', () => {
  expect(['GB82WEST12345698765432', 'nl91 abna 0417 1643 00'].map(isIban)).toEqual([true, true]);
  expect(['GB82WEST12345698765433', 'GB82', 'DE00'].map(isIban)).toEqual([false, false, false]);
});
