import { expect, test } from 'vitest';
import { complaintIn } from '../../../src/db/embedded/error.ts';

test('the line that says why a server gave up is found among the others', () => {
  const output = `
2026-01-01 10:00:00.000 UTC [17] LOG:  starting PostgreSQL 18.4
2026-01-01 10:00:00.001 UTC [17] FATAL:  could not map anonymous shared memory: Cannot allocate memory
2026-01-01 10:00:00.001 UTC [17] LOG:  database system is shut down
`;
  expect(complaintIn(output)).toBe('could not map anonymous shared memory: Cannot allocate memory');
});

test('so is that of initdb, which tidies up afterwards', () => {
  const output = `
performing post-bootstrap initialization ... 2026-01-01 10:00:00.000 UTC [17] FATAL:  could not extend file "base/1/16384": No space left on device
child process exited with exit code 1
initdb: removing contents of data directory "/data"
`;
  expect(complaintIn(output)).toBe('could not extend file "base/1/16384": No space left on device');
  expect(complaintIn('initdb: error: could not access directory "/data": Permission denied\n')).toBe(
    'could not access directory "/data": Permission denied',
  );
});

test('so is that of the system when a library is missing', () => {
  expect(complaintIn('postgres: error while loading shared libraries: libxml2.so.2: cannot open')).toBe(
    'error while loading shared libraries: libxml2.so.2: cannot open',
  );
});

test('output without a complaint has none', () => {
  expect(complaintIn('LOG:  database system is ready to accept connections')).toBeNull();
});
