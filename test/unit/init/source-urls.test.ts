import { expect, test } from 'vitest';
import { parseSources } from '#src/cli/init/source-urls.js';

test.each([
  ['a=postgres://u:p@h/d', { HOST: 'h', PORT: '5432', USER: 'u', NAME: 'd' }, 'p'],
  ['a=postgresql://u@h:5433/d', { HOST: 'h', PORT: '5433', USER: 'u', NAME: 'd' }, undefined],
  ['a=postgres://u:p%40%2F%25+p@h/d%20e', { HOST: 'h', PORT: '5432', USER: 'u', NAME: 'd e' }, 'p@/%+p'],
  ['a=postgres://u:p@p@h/d', { HOST: 'h', PORT: '5432', USER: 'u', NAME: 'd' }, 'p@p'],
  [
    'a=postgres://u@[::1]:1/d?sslmode=require',
    { HOST: '::1', PORT: '1', USER: 'u', NAME: 'd', SSLMODE: 'require' },
    undefined,
  ],
  ['a=postgres://u@%2Frun%2Fpg/d', { HOST: '/run/pg', PORT: '5432', USER: 'u', NAME: 'd' }, undefined],
  ['a=postgres:///d?host=/run/pg&user=u&password=a+b', { HOST: '/run/pg', PORT: '5432', USER: 'u', NAME: 'd' }, 'a+b'],
  ['a=postgres://ü:ß@h/größe', { HOST: 'h', PORT: '5432', USER: 'ü', NAME: 'größe' }, 'ß'],
])('%s', (text, variables, password) => {
  const named = Object.fromEntries(Object.entries(variables).map(([key, value]) => [`A_DB_${key}`, value]));
  expect(parseSources([text])).toEqual([{ name: 'a', variables: named, ...(password !== undefined && { password }) }]);
});

test.each(['a=postgres://u:s3cret\n@h/d', 'a=postgres://u:s3cret@h/d ', 's3cret', '=postgres://u:s3cret@h/d'])(
  '%j is refused without being quoted',
  (text) => {
    expect(() => parseSources([text])).toThrow(/^--source(?!.*s3cret)/s);
  },
);
