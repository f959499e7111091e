import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Tells whoever sent it what is wrong with a request that cannot be read, where Yoga would call it a fault of ours. */
export function useReadableRequests(): Plugin {
  return {
    onRequestParse: ({ request, requestParser, setRequestParser }) => {
      if (!requestParser) {
        if (request.method === 'POST') throw refusal(415, 'The body must be application/json.');
        return;
      }
      setRequestParser(async (request) => {
        try {
          return await requestParser(request);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw refusal(400, 'variables and extensions must be JSON.');
        }
      });
    },
    // Yoga leaves the body of this one empty.
    onResponse: ({ response, setResponse, fetchAPI }) => {
      if (response.status !== 406) return;
      const { message, extensions } = refusal(406, answers);
      setResponse(
        fetchAPI.Response.json(
          { errors: [{ message, extensions: { code: extensions['code'] } }] },
          { status: 406, headers: response.headers },
        ),
      );
    },
  };
}

const answers =
  'Answers come as application/graphql-response+json or application/json, and as text/event-stream.';

function refusal(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status } } });
}
