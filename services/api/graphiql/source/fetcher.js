// How GraphiQL talks to the API: a plain POST, or server-sent events for a subscription.

/** GraphiQL's `fetcher`, which sends the bearer token with every request. */
export function fetcher(endpoint, token) {
  return (request, { headers = {}, documentAST } = {}) => {
    const authorization = token ? { authorization: `Bearer ${token}` } : {};
    const send = (accept, signal) =>
      fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, ...authorization, ...headers },
        body: JSON.stringify(request),
        signal,
      });

    return isSubscription(documentAST, request.operationName)
      ? listen((signal) => send('text/event-stream', signal))
      : send('application/graphql-response+json, application/json').then((response) => response.json());
  };
}

function isSubscription(document, name) {
  return !!document?.definitions.some(
    ({ operation, name: own }) => operation === 'subscription' && (!name || own?.value === name),
  );
}

/** An observable, so that GraphiQL's stop button ends the request at once. */
function listen(open) {
  return {
    subscribe(observer) {
      const controller = new AbortController();
      read(open, controller.signal, observer).then(
        () => observer.complete(),
        (error) => controller.signal.aborted || observer.error(error),
      );
      return { unsubscribe: () => controller.abort() };
    },
  };
}

async function read(open, signal, observer) {
  const response = await open(signal);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    observer.next(await response.json());
    return;
  }
  let rest = '';
  for await (const chunk of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
    const frames = (rest + chunk).split('\n\n');
    rest = frames.pop();
    for (const data of frames.map(dataOf)) if (data) observer.next(JSON.parse(data));
  }
}

/** Safari can't yet iterate over a stream. */
async function* chunks(stream) {
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value;
}

function dataOf(frame) {
  return frame
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n');
}
