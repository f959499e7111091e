import type { GraphiQLOptions, GraphiQLRenderer } from 'graphql-yoga';

/** A filter that finds something here, so that the prepared operations run as they are. */
export type ExampleFilter = { readonly brand: string; readonly posCodes: readonly string[] };

/** The page, whole: it loads nothing from elsewhere. Its code is read when somebody asks for it: it takes 40 MB. */
export const renderGraphiQL: GraphiQLRenderer = async (options) => {
  const page = await import('@graphql-yoga/render-graphiql');
  return page.renderGraphiQL(options);
};

/** GraphiQL with operations ready to run, in the order of the job: explore, start, watch. */
export function prepareGraphiql(example: ExampleFilter): GraphiQLOptions {
  const filter = { ...example, customerStatus: ['CLIENT'] };
  return {
    title: 'Customer exports',
    defaultTabs: [
      tab(explore, { filter }),
      tab(start, { input: { downloadRequestId: 'my-first-export', filter } }),
      tab(watch, { asyncTaskId: 'put the asyncTaskId here' }),
    ],
    // GraphiQL keeps headers in the browser otherwise, and a token may be among them.
    shouldPersistHeaders: false,
  };
}

function tab(query: string, variables: unknown) {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

const explore = `# 1. Explore: the filter is the one that the export takes.
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

const start = `# 2. Start: answers at once. The same downloadRequestId gives the same export.
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

const watch = `# 3. Watch: the current state first, then every change, until the file is there.
subscription Watch($asyncTaskId: ID!) {
  customerExportProgress(asyncTaskId: $asyncTaskId) {
    status
    progress
    objectCount
    totalObjectCount
    objectsPerSecond
    file {
      url
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
