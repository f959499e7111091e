/** Why a request is refused. The words are the GraphQL API's UserErrorCode. */
export type RefusalCode = 'INVALID' | 'REQUIRED' | 'NOT_FOUND' | 'CONFLICT' | 'LIMIT_REACHED' | 'TOO_LARGE';

/** One fault of a request. */
export type Problem = {
  readonly code: RefusalCode;
  /** For people: says what is expected. Never repeats more of the value than the caller needs to find it. */
  readonly message: string;
  /** Where it is, from the request's root: `['filter', 'birthdateMonths', '1']`. */
  readonly path: readonly string[];
};

/** A request that is refused for its content, with every fault of it. Nothing was stored. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems.map((problem) => problem.message).join(' '));
    this.problems = problems;
  }
}

/** What the caller may not do, whatever the request's content. */
export class AccessError extends Error {
  override name = 'AccessError';
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND';

  constructor(code: AccessError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** What the server needs to answer is out of its reach for now, and the request may well be right. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}
