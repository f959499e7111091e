/** Values of a caller's own, one that is a word, one with a sign that no name has, and one of digits alone. */
export const word = 'Kanarienvogel';
export const mail = 'kanarien@voliere.example';
export const digits = '97319731973';
export const echoes = /kanarien|voliere|9731973/i;

type Operation = {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string;
  readonly extensions?: unknown;
};

const good = { brand: 'cartier', posCodes: ['P1'] };
const explore = 'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount } }';
const start =
  'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { userErrors { code message field } } }';
const filter = (values: object): Operation => ({
  query: explore,
  variables: { filter: { ...good, ...values } },
});
const input = (values: object, filters: object = {}): Operation => ({
  query: start,
  variables: { input: { downloadRequestId: 'echo', filter: { ...good, ...filters }, ...values } },
});
const literal = (fields: string): Operation => ({
  query: `{ customers(filter: {brand: "cartier", posCodes: ["P1"], ${fields}}) { totalCount } }`,
});
const selection = (text: string): Operation => input({ selection: text });

/** A value of the caller's in each position of an operation, where something is wrong with it or beside it. */
export const operations: Readonly<Record<string, Operation>> = {
  // The document: syntax.
  'a text for a name': { query: `{ brands { "${mail}" } }` },
  'a block of text for a name': { query: `{ brands { """${mail}""" } }` },
  'a number for a name': { query: `{ brands { ${digits} } }` },
  'a fraction for a name': { query: `{ brands { ${digits}.5 } }` },
  'a number without its beginning': { query: `{ brands { code(a: .${digits}) } }` },
  'a number that goes on as a name': { query: `{ brands { code(a: 1${word}) } }` },
  'a name that nobody expects': { query: `{ brands { code } } ${word}` },
  'a name before a document': { query: `${word} { brands { code } }` },
  'a text that does not end': { query: `{ brands { code(a: "${mail}) } }` },
  'a bad escape': { query: `{ brands { code(a: "${word}\\q${word}") } }` },
  'a bad code point': { query: `{ brands { code(a: "\\u{${digits}}") } }` },
  'single quotes': { query: `{ brands { code(a: '${mail}') } }` },
  'a text without quotes': { query: `{ customers(filter: {email: ${mail}}) { totalCount } }` },
  'a text after a text': literal(`email: "x" "${mail}"`),
  'a text for an argument': { query: `{ brands("${mail}": 1) { code } }` },
  'a variable in a default': { query: `query ($a: Int = $${word}) { brands { code } }` },
  'a directive in a text': { query: `{ brands { code } } @ "${mail}"` },
  // The document: its values.
  'a text for a number': literal(`birthdateMonths: ["${mail}"]`),
  'a text for a fraction': literal(`clientSpendingFrom: "${digits}"`),
  'a text for a flag': literal(`hasSapCrmError: "${word}"`),
  'a name for a text': literal(`email: ${word}`),
  'a name for an enum': literal(`customerStatus: [${word}]`),
  'a text for an enum': literal(`customerStatus: ["${word}"]`),
  'a number for an enum': literal(`customerStatus: [${digits}]`),
  'a number for a text': literal(`email: ${digits}`),
  'a number for a date': literal(`creationDateFrom: ${digits}`),
  'a number beyond 32 bits': literal(`boosterCustomerIds: [${digits}]`),
  'an object for a text': literal(`email: {a: "${mail}"}`),
  'a text for an object': { query: `{ customers(filter: "${mail}") { totalCount } }` },
  'a value beside a mistake': literal(`email: "${mail}", posCode: ["${word}"]`),
  'a value beside something missing': { query: `{ customers(filter: {email: "${mail}"}) { totalCount } }` },
  'a value of a filter that there is not': literal(`emial: "${mail}"`),
  'a value of an argument that there is not': { query: `{ brands(a: "${mail}") { code } }` },
  'a value of a directive': { query: `{ brands { code @include(if: "${mail}") } }` },
  'a value that is no cursor': { query: `{ customerExports(after: "${mail}") { totalCount } }` },
  'a value that is no id': { query: `{ customerExport(asyncTaskId: "${mail}") { status } }` },
  'a default of the wrong type': {
    query: `query ($first: Int = "${mail}") { customerExports(first: $first) { totalCount } }`,
  },
  'a value in an operation that is not chosen': {
    query: `query A { brands { code } } query B { customers(filter: {email: "${mail}"}) { totalCount } }`,
    operationName: word,
  },
  // Its variables.
  'variables that are a text': { query: explore, variables: mail },
  'variables that are a list': { query: explore, variables: [mail] },
  'a variable that is a text': { query: explore, variables: { filter: mail } },
  'a variable that is a list': { query: explore, variables: { filter: [mail] } },
  'a value of a name that there is not': filter({ emial: mail, email: mail }),
  'a name that is a value': filter({ [mail]: mail, email: mail }),
  'a name that holds a message': filter({ [`x", found: ${mail}`]: 1 }),
  'a list for a text': filter({ email: [mail] }),
  'an object for a variable’s text': filter({ email: { [mail]: mail } }),
  'a text for a variable’s number': filter({ clientSpendingTo: mail }),
  'a text for a variable’s whole number': filter({ birthdateMonths: [1, digits] }),
  'a number beyond 32 bits in a variable': filter({ boosterCustomerIds: [Number(digits)] }),
  'a text for a variable’s flag': filter({ hasSapCrmError: mail }),
  'a text for a variable’s enum': filter({ customerStatus: [mail] }),
  'an object for a date': filter({ creationDateTo: { [word]: mail } }),
  'a value beside a missing field': { query: explore, variables: { filter: { email: mail } } },
  'an id that is an object': {
    query: 'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status } }',
    variables: { id: { [mail]: mail } },
  },
  'an id of nothing': {
    query: 'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status } }',
    variables: { id: mail },
  },
  extensions: { query: '{', extensions: { persistedQuery: { sha256Hash: mail } } },
  // What the filter refuses.
  'an unknown brand': input({}, { brand: word }),
  'an email that is too long': input({}, { email: mail.repeat(20) }),
  'a search with a control character': input({}, { searchKey: `${mail}\u0000` }),
  'a phone number that is none': input({}, { phoneNumber: `${mail}` }),
  'a country that is none': input({}, { locationCountryIds: [word] }),
  'a date that is none': input({}, { creationDateFrom: word, transactionDateTo: digits }),
  'an interest with a control character': input(
    {},
    { interests: [{ interest: mail, sapInterestId: `${word}\n` }] },
  ),
  'an id with a control character': input({ downloadRequestId: `${mail}\n` }),
  'an id that is too long': input({ downloadRequestId: mail.repeat(20) }),
  'a compression that there is not': input({ compression: word }),
  // The selection.
  'a selection that is a text': selection(`"${mail}"`),
  'a selection that is a value': selection(mail),
  'a selection that is a name': selection(word),
  'a selection with a text': selection(`{ "${mail}" }`),
  'a selection with a number': selection(`{ ${digits} }`),
  'a selection with an argument': selection(`{ email(as: "${mail}") }`),
  'a selection with a number for an argument': selection(`{ email(as: ${digits}) }`),
  'a selection with a directive': selection(`{ email @include(if: "${mail}") }`),
  'a selection that goes on': selection(`{ email } ${word}`),
  'a selection with a bad escape': selection(`{ email(as: "${word}\\q") }`),
};

/** Bodies of the REST page. */
export const bodies: Readonly<Record<string, { readonly type?: string; readonly body: string }>> = {
  'no JSON': { body: `{"email": ${mail}}` },
  'JSON that ends early': { body: `{"email": "${mail}"` },
  'JSON after JSON': { body: `{} "${mail}"` },
  'a text': { body: JSON.stringify(mail) },
  'a list': { body: JSON.stringify([mail]) },
  'not UTF-8': { body: `{"email": "${mail}\ud800"}` },
  'a name that is a value': { body: JSON.stringify({ [mail]: mail }) },
  'a name within that is a value': { body: JSON.stringify({ interests: [{ [mail]: mail }] }) },
  'another brand': { body: JSON.stringify({ brand: word }) },
  'wrong types': {
    body: JSON.stringify({
      ...{
        downloadRequestId: { a: mail },
        posCodes: mail,
        email: [mail],
        searchKey: { mail },
        phoneNumber: word,
      },
      ...{ clientSpendingFrom: mail, hasSapCrmError: word, birthdateMonths: [mail], creationDateFrom: word },
      ...{ interests: [mail], hobbies: mail, customerStatus: [word], boosterCustomerIds: [Number(digits)] },
      ...{
        locationCountryIds: [word],
        saleRepresentativeEmails: [{ mail }],
        productCategories: [{ categoryId: mail }],
      },
    }),
  },
  'JSON as a form': { type: 'application/x-www-form-urlencoded', body: `{"email":"${mail}"}` },
  'a form with a bare ampersand': {
    type: 'application/x-www-form-urlencoded',
    body: `searchKey=Rock&${encodeURIComponent(mail)}`,
  },
  'a form of wrong types': {
    type: 'application/x-www-form-urlencoded',
    body: `interests=${mail}&clientSpendingTo=${mail}&birthdateMonths=${mail}&creationDateTo=${mail}&hasSapCrmError=${word}`,
  },
  'another media type': { type: `text/${word}`, body: mail },
  'another character set': { type: `application/json; charset=${word}`, body: mail },
};

/** URLs and headers. */
export const requests: Readonly<Record<string, { readonly path: string; readonly init?: RequestInit }>> = {
  'a path of nothing': { path: `/${word}` },
  'a file of nothing': { path: `/exports/${mail}/file` },
  'a signature': {
    path: `/exports/00000000-0000-4000-8000-000000000000/file?expires=${digits}&signature=${mail}`,
  },
  'a brand in a path': { path: `/customer/${word}/export/00000000000040008000000000000000` },
  'a task in a path': { path: `/customer/cartier/export/${word}` },
  'a format of nothing': { path: `/customer/cartier/export/00000000000040008000000000000000?format=${word}` },
  'a suffix of nothing': { path: `/customer/cartier/export/00000000000040008000000000000000.${word}` },
  'variables in a URL': { path: `/graphql?query={brands{code}}&variables=${mail}` },
  'extensions in a URL': { path: `/graphql?query={brands{code}}&extensions=${mail}` },
  'an operation in a URL': { path: `/graphql?query={brands{code}}&operationName=${word}` },
  'a document in a URL': { path: `/graphql?query=${encodeURIComponent(`{ "${mail}" }`)}` },
  'an accept header': {
    path: '/graphql?query={brands{code}}',
    init: { headers: { accept: `text/${word}` } },
  },
  'a method': { path: '/graphql', init: { method: 'PUT', body: mail } },
  'a method of REST': { path: '/customer/cartier/export', init: { method: 'PUT', body: mail } },
  'no JSON for GraphQL': {
    path: '/graphql',
    init: { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"query": ${mail}}` },
  },
  'a parameter that GraphQL has not': {
    path: '/graphql',
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ brands { code } }', [mail]: mail }),
    },
  },
  'another media type for GraphQL': {
    path: '/graphql',
    init: { method: 'POST', headers: { 'content-type': `image/${word}` }, body: mail },
  },
  'a form for GraphQL': {
    path: '/graphql',
    init: {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-graphql-yoga-csrf': '1' },
      body: `query={brands{code}}&variables=${mail}`,
    },
  },
};

/** What closes a socket. */
export const messages: Readonly<Record<string, unknown>> = {
  'no JSON': mail,
  'a list': [mail],
  'an unknown type': { type: mail },
  'an operation without a document': { id: mail, type: 'subscribe', payload: { [mail]: mail } },
  'what servers say': { id: mail, type: 'next', payload: mail },
  'a payload that is none': { id: mail, type: 'subscribe', payload: mail },
  'a second introduction': { type: 'connection_init', payload: { [mail]: mail } },
  'a long text': { type: 'ping', payload: { mail: mail.repeat(20_000) } },
};
