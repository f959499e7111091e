import type { Database } from '../../db/client.ts';
import { type ExportTask, isTerminal } from '../task.ts';
import { type Head, listHeads } from './heads.ts';

/** A task whose creation is committed later than this after its instant may be missed when nobody rings for it. */
const CREATION_SECONDS = 60;

/** What those who watch all tasks have been told, so that what they have missed can be found. */
export type TaskRoll = {
  /** Starts anew: what the first look finds is how things stand, not a change. */
  readonly begin: () => void;
  /** Whether this state is newer than what has been told; from now on it has been. */
  readonly isNews: (task: Head) => boolean;
  /**
   * Ids of the tasks that have changed or begun since they were told of. Only a thorough look finds files that have
   * expired: for when notifications may have been lost.
   */
  readonly findChanged: (how: { readonly thorough: boolean }) => Promise<string[]>;
};

/** Keeps an entry for each task that is not finished or whose file may still expire. */
export function openTaskRoll(db: Database): TaskRoll {
  const told = new Map<string, Pick<Head, 'version' | 'status'> & { readonly silently: boolean }>();
  let begun = false;
  let lookedAt = 0;

  const isNews = ({ id, version, status }: Head) => {
    const last = told.get(id);
    // What the first look found may have begun after whoever watches had looked for what runs.
    if (last && (last.silently ? version < last.version : version <= last.version)) return false;
    told.set(id, { version, status, silently: false });
    return true;
  };
  return {
    begin: () => {
      told.clear();
      begun = false;
      lookedAt = performance.now();
    },
    isNews,
    findChanged: async ({ thorough }) => {
      const isOpen = ({ status }: Pick<ExportTask, 'status'>) =>
        !isTerminal(status) || (thorough && status === 'COMPLETED');
      const ids = [...told].flatMap(([id, entry]) => (isOpen(entry) ? [id] : []));
      const now = performance.now();
      const heads = await listHeads(db, ids, (now - lookedAt) / 1000 + CREATION_SECONDS);
      lookedAt = now;
      if (!begun) {
        begun = true;
        for (const { id, ...head } of heads) if (!told.has(id)) told.set(id, { ...head, silently: true });
        return [];
      }
      const listed = new Set(heads.map(({ id }) => id));
      for (const [id, { status }] of told) {
        if (isTerminal(status) && status !== 'COMPLETED' && !listed.has(id)) told.delete(id);
      }
      return heads.flatMap(({ id, version }) => (version > (told.get(id)?.version ?? -1) ? [id] : []));
    },
  };
}
