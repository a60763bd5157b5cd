// The page: our bar above, GraphiQL below. The same for both ways of getting GraphiQL.

import { fetcher } from './fetcher.js';
import { openSession } from './session.js';

const EDITION = 'relance.operations';
const TABS = ['tabState', 'query', 'variables', 'headers', 'operationName'];

/** Draws GraphiQL with the ready operations in its tabs, and again with fresh rights when somebody signs in or out. */
export function start({ React, createRoot, GraphiQL }) {
  const { endpoint, operations } = JSON.parse(document.getElementById('settings').textContent);
  const root = createRoot(document.getElementById('graphiql'));
  forgetOldTabs(operations);

  openSession(endpoint, (token) =>
    root.render(
      React.createElement(
        GraphiQL,
        { fetcher: fetcher(endpoint, token), defaultTabs: operations, shouldPersistHeaders: false },
        React.createElement(GraphiQL.Logo, null, React.createElement('span')),
      ),
    ),
  );
}

/** What a person writes in the tabs stays there until the ready operations themselves change. */
function forgetOldTabs(operations) {
  const edition = JSON.stringify(operations);
  if (localStorage.getItem(EDITION) === edition) return;
  for (const key of TABS) localStorage.removeItem(`graphiql:${key}`);
  localStorage.setItem(EDITION, edition);
}
