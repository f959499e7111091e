import type { StartCustomerExportInput, StartMutation, WatchSubscription } from './operations.ts';

export type Progress = WatchSubscription['customerExportProgress'];
export type Job = {
  url: string; // https://…/graphql
  token: string;
  input: StartCustomerExportInput;
  onProgress: (progress: Progress) => void;
};
type Result<T> = { data?: T | null | undefined; errors?: readonly { message: string }[] | undefined };

export function dataOf<T>({ data, errors = [] }: Result<T>): T {
  if (!data) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data;
}

export function accepted({ asyncTaskId, userErrors }: StartMutation['startCustomerExport']): string {
  if (asyncTaskId === null) throw new Error(userErrors.map(({ message }) => message).join('\n'));
  return asyncTaskId;
}

export function isOver({ status }: Progress): boolean {
  return !['CREATED', 'RUNNING', 'CANCELING'].includes(status);
}

export async function download({ file, failure, status }: Progress): Promise<Response> {
  if (!file) throw new Error(failure?.message ?? `The export is ${status}.`);
  return fetch(file.url); // signed: needs no token, and works for 15 minutes
}
