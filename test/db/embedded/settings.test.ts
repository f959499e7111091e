import { expect, test } from 'vitest';
import { settingsFor, thisMachine } from '../../../src/db/embedded/settings.ts';

const GB = 1024 ** 3;

test('a small machine gives little memory', () => {
  expect(settingsFor({ memory: 0.25 * GB, sharedMemory: GB })).toMatchObject({
    effective_cache_size: '128MB',
    maintenance_work_mem: '64MB',
  });
});

test('a large machine gives much, but little of what each connection maps anew', () => {
  expect(settingsFor({ memory: 64 * GB, sharedMemory: GB })).toMatchObject({
    shared_buffers: '32MB',
    effective_cache_size: '32768MB',
    maintenance_work_mem: '256MB',
  });
});

test('a container whose /dev/shm is small shares memory through files', () => {
  const setting = 'dynamic_shared_memory_type';
  expect(settingsFor({ memory: GB, sharedMemory: GB / 16 })).toHaveProperty(setting, 'mmap');
  expect(settingsFor({ memory: GB, sharedMemory: GB })).not.toHaveProperty(setting);
  expect(settingsFor({ memory: GB, sharedMemory: null })).not.toHaveProperty(setting);
});

test('durability is left as PostgreSQL has it', () => {
  const names = Object.keys(settingsFor({ memory: GB, sharedMemory: GB }));
  expect(names.filter((name) => ['fsync', 'synchronous_commit', 'full_page_writes'].includes(name))).toEqual(
    [],
  );
});

test('this machine has memory', () => {
  expect(thisMachine().memory).toBeGreaterThan(GB / 16);
});
