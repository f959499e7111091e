import type { GraphiQLOptions, GraphiQLRenderer } from 'graphql-yoga';

/** A filter that finds something here, so that the prepared operations run as they are. */
export type ExampleFilter = { readonly brand: string; readonly posCodes: readonly string[] };

/** The page, whole: it loads nothing from elsewhere. Its code is read when somebody asks for it: it takes 40 MB. */
export const renderGraphiQL: GraphiQLRenderer = async (options) => {
  const page = await import('@graphql-yoga/render-graphiql');
  return page.renderGraphiQL(options);
};

/**
 * GraphiQL with operations ready to run, in the order of the job: explore, start, watch. Comments are kept short:
 * the editor does not wrap lines.
 */
export function prepareGraphiql(example: ExampleFilter): GraphiQLOptions {
  const filter = { ...example, customerStatus: ['CLIENT'] };
  const [first, ...others] = [
    tab(explore, { filter }),
    tab(start, { input: { downloadRequestId: 'my-first-export', filter } }),
    tab(watch, { id: '' }),
  ] as const;
  const options = {
    title: 'Customer exports',
    defaultTabs: [first, ...others],
    // The first tab's, which GraphiQL does not take from there; the type of its options does not know them.
    variables: first.variables,
    // GraphiQL keeps headers in the browser otherwise, and a token may be among them.
    shouldPersistHeaders: false,
  };
  return options;
}

function tab(query: string, variables: unknown) {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

const explore = `# 1. Explore the customers to be exported:
#    the filter is the one that Start takes.
query Explore($filter: CustomerFilterInput!) {
  customers(filter: $filter, first: 10) {
    totalCount
    nodes {
      boosterCustomerId
      firstName
      lastName
      email
      clientSpending
    }
  }
}
`;

const start = `# 2. Start the export. It answers at once.
#    The same downloadRequestId gives the same
#    export: change it to start another one.
mutation Start($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) {
    asyncTaskId
    userErrors {
      code
      message
      field
    }
  }
}
`;

const watch = `# 3. Watch it. Put the asyncTaskId that Start
#    answered into the variables below: you see
#    the state of now, every change, and the file.
subscription Watch($id: ID!) {
  customerExportProgress(asyncTaskId: $id) {
    status
    progress
    objectCount
    totalObjectCount
    objectsPerSecond
    file {
      url
      fileName
      fileSize
      fileChecksum
    }
    failure {
      code
      message
    }
  }
}
`;
