import { describe, expect, test } from 'vitest';
import { parseStorageUrl } from '../../src/storage/location.ts';

describe('a storage URL', () => {
  test.each([
    ['file:///var/exports', '/var/exports'],
    ['file:///var/my%20exports', '/var/my exports'],
    ['FILE:///var/exports', '/var/exports'],
    ['file:exports', 'exports'],
    ['file:./exports', './exports'],
    ['file:/var/exports', '/var/exports'],
  ])('%s names a folder', (url, path) => {
    expect(parseStorageUrl(url)).toEqual({ kind: 'directory', path });
  });

  const bucket = {
    kind: 's3',
    bucket: 'exports',
    prefix: '',
    endpoint: null,
    region: null,
    encryption: null,
    download: 'proxy',
  };
  test.each([
    ['s3://exports', {}],
    ['s3://exports/', {}],
    ['s3://exports/a/b/', { prefix: 'a/b' }],
    ['s3://exports/a%20b', { prefix: 'a b' }],
    ['s3://exports?region=eu-west-3', { region: 'eu-west-3' }],
    ['s3://exports?endpoint=http://127.0.0.1:9000', { endpoint: 'http://127.0.0.1:9000' }],
    ['s3://exports?endpoint=https%3A%2F%2Fs3.example%2F', { endpoint: 'https://s3.example/' }],
    ['s3://exports?sse=AES256', { encryption: { algorithm: 'AES256' } }],
    ['s3://exports?sse=aws:kms', { encryption: { algorithm: 'aws:kms', kmsKeyId: null } }],
    [
      's3://exports?sse=aws:kms&kmsKeyId=alias/x',
      { encryption: { algorithm: 'aws:kms', kmsKeyId: 'alias/x' } },
    ],
    ['s3://exports?download=proxy', {}],
    ['s3://exports?download=redirect', { download: 'redirect' }],
  ])('%s names a bucket', (url, facts) => {
    expect(parseStorageUrl(url)).toEqual({ ...bucket, ...facts });
  });

  test.each([
    '',
    '/var/exports',
    'file:',
    'file:///',
    'file://host/exports',
    'file:///exports?x=1',
    'file:///ex%00ports',
    'http://bucket/prefix',
    's3:bucket',
    's3://',
    's3://a',
    's3://key:secret@bucket/prefix',
    's3://bucket:9000/prefix',
    's3://bucket/prefix#x',
    's3://bucket/%ff',
    's3://bucket?endpoint=minio:9000',
    's3://bucket?endpoint=',
    's3://bucket?regoin=eu-west-3',
    's3://bucket?region=a&region=b',
    's3://bucket?sse=AES128',
    's3://bucket?kmsKeyId=x',
    's3://bucket?sse=AES256&kmsKeyId=x',
    's3://bucket?download=direct',
  ])('%j names nothing', (url) => {
    expect(parseStorageUrl(url)).toBeUndefined();
  });
});
