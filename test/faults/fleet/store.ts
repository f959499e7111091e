import { openS3 } from '../../../src/storage/s3.ts';
import { read } from '../../storage/objects.ts';
import { startS3Server } from '../../support/s3-server.ts';
import type { Store } from '../world.ts';

export type S3Store = Store & {
  readonly close: () => Promise<void>;
};

const credentials = { accessKeyId: 'test', secretAccessKey: 'secret' };

/** A bucket for a world's files. */
export async function openS3Store(): Promise<S3Store> {
  const server = await startS3Server('exports');
  const direct = await openS3(
    { kind: 's3', bucket: 'exports', prefix: 'fleet', endpoint: server.url, region: 'eu-west-3' },
    credentials,
  );
  const nameOf = (key: string) => key.replace(/^.*exports\//, '');
  return {
    env: {
      STORAGE_URL: `s3://exports/fleet?endpoint=${server.url}&region=eu-west-3`,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    list: async () => {
      const objects = await Array.fromAsync(direct.list());
      return [...objects.map(({ key }) => key), ...server.unfinished()].map(nameOf);
    },
    read: async (key) => read(await direct.open(key)),
    close: async () => {
      await direct.close();
      await server.close();
    },
  };
}
