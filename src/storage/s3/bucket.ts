import type { S3Client, ServerSideEncryption } from '@aws-sdk/client-s3';

/** A bucket, and how we use it. */
export type Bucket = {
  readonly client: S3Client;
  readonly name: string;
  /** Put before every key; ends in a slash unless it is empty. */
  readonly prefix: string;
  /** What new objects are asked to be encrypted with; empty = as the bucket is set up. */
  readonly encryption: {
    readonly ServerSideEncryption?: ServerSideEncryption;
    readonly SSEKMSKeyId?: string;
  };
  /** Bytes of a part; S3 takes no less than 5 MiB and no more than 10,000 parts. */
  readonly partBytes: number;
};

/** An object of a bucket, as commands name it. */
export type ObjectName = { readonly Bucket: string; readonly Key: string };
